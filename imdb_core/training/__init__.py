"""The loop over epochs and the rules that end it.

Nothing is imported here: pages read `records` without waiting for PyTorch.
"""
