"""PyTorch's very bits for a plain RNN read out at its last state, where PyTorch uses MKL.

Early-stopped training amplifies the last bit: after some twenty epochs of the Notebook
preset two ways to round are two curves. So these kernels round as PyTorch 2.13 does on a
CPU: each product and sum in its order, each function by the same formula or the same MKL.
"""
