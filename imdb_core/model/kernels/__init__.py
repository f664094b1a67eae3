"""Training and scoring on the CPU without torch: see `engine.Kernels`."""

from .target import choose_target

# Before the first function is compiled: numba asks once.
choose_target()
