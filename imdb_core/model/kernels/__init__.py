"""Training and scoring on the CPU without torch: see `engine.Kernels`."""
