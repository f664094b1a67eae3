"""Steps that a GPU repeats by itself."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_FIRST_CALLS = 3  # in which libraries are loaded, memory is taken and kernels are chosen


class Recorded:
    """A function of tensors that a GPU does from a recording after its first calls.

    A step of a small network is some hundred kernels of a few microseconds each, less than a
    program takes to start one. The recording (a CUDA graph, see `torch.cuda.graph`) starts them
    all by one call, to the same bits.

    Args:
        function: whatever it reads and writes beside its arguments must stay where it is in
            memory; of its results only the latest stand.
        shape: of the first argument, where it is recorded; other shapes, such as an epoch's last
            batch, are computed each time anew.
    """

    def __init__(self, function: Callable[..., tuple[Tensor, ...]], shape: tuple[int, ...]) -> None:
        self._function = function
        self._shape = shape
        self._calls = 0
        self._inputs: list[Tensor] = []
        self._outputs: tuple[Tensor, ...] = ()
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """What the function returns."""
        if inputs[0].device.type != "cuda" or inputs[0].shape != self._shape:
            return self._function(*inputs)
        if self._calls < _FIRST_CALLS:
            self._calls += 1
            return self._function(*inputs)
        if self._graph is None:
            self._graph = self._record(*inputs)
        for own, given in zip(self._inputs, inputs, strict=True):
            own.copy_(given)
        self._graph.replay()
        return self._outputs

    def _record(self, *inputs: Tensor) -> torch.cuda.CUDAGraph:
        """Nothing is computed yet."""
        self._inputs = [each.clone() for each in inputs]
        graph = torch.cuda.CUDAGraph()
        # What other threads ask of the GPU meanwhile is no part of it.
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            self._outputs = self._function(*self._inputs)
        return graph
