"""Run folders: the only truth about what was trained.

Nothing is imported here: pages list runs without waiting for PyTorch.
"""
