"""Whether a network can be trained to PyTorch's bits, and the arrays for it."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ..plan import RNN, Sizes
from ..vectors import WIDTH
from .adam import CHUNK
from .lanes import TANH_BOUND, TANH_ERROR
from .library import Library, find_library
from .orders import Orders, find_orders

# The Notebook preset's. With more, to round as PyTorch does takes two to four times as long as
# not to, and a plain RNN would be less than five times as fast as PyTorch.
_MOST_UNITS = 8
# Vectors of floats that PyTorch's logistic function takes two at a time.
_PAIRED_LANES = {"AVX2": 16, "AVX512": 32}
_WORKSPACE_FLOATS = 32 * 2**20
_ALIGNMENT_BYTES = 64
_TRIED_NUMBERS = 2**18
_SLACK = 16  # vector loads may reach behind an array

Array = npt.NDArray[Any]


def choices_for(sizes: Sizes) -> dict[str, int] | None:
    """What the exact kernels need to know beyond the sizes; None where they cannot be had."""
    library = find_library()
    lanes = _PAIRED_LANES.get(torch.backends.cpu.get_cpu_capability(), 0)
    possible = (
        sizes.cell == RNN
        and not sizes.pooled
        and sizes.hidden <= _MOST_UNITS
        and lanes
        and sum(math.prod(shape) for shape in _shapes(sizes).values()) <= _WORKSPACE_FLOATS
    )
    if library is None or not possible:
        return None
    orders = find_orders(
        batch=sizes.batch, length=sizes.length, embedding=sizes.embedding, hidden=sizes.hidden
    )
    return _fields(library, orders, quick_tanh=_is_tanh_accurate(), paired_lanes=lanes)


def no_choices() -> dict[str, int]:
    """The same fields for a network that takes the other kernels."""
    return _fields(Library(), Orders(), quick_tanh=False, paired_lanes=1)


def _fields(
    library: Library, orders: Orders, *, quick_tanh: bool, paired_lanes: int
) -> dict[str, int]:
    flags = {"quick_tanh": int(quick_tanh), "paired_lanes": paired_lanes}
    return library._asdict() | orders._asdict() | flags


@cache
def _is_tanh_accurate() -> bool:
    """Whether `torch.tanh` rounds correctly but for values in the middle between two floats."""
    x = torch.logspace(-15, math.log2(TANH_BOUND), _TRIED_NUMBERS, base=2)
    x = torch.cat((x, -x))
    true, given = np.tanh(x.numpy().astype(np.float64)), torch.tanh(x).numpy()
    return bool((np.abs(true - given) < TANH_ERROR * np.abs(np.spacing(given))).all())


def _shapes(s: Sizes) -> dict[str, tuple[int, ...]]:
    places, states = s.length * s.batch, (s.batch, s.hidden)
    return {
        "words_read": (places, s.embedding),  # (T, B, E) embeddings
        "words_grad": (places + WIDTH, s.embedding),  # their gradient, or that of one review
        "drive": (places, s.hidden),  # (T, B, H) what the words add to the state
        "exact_states": (s.length + 1, s.batch * s.hidden + _SLACK),
        # (T, B, H) gradient before the tanh; products take whole vectors of times.
        "all_slopes": (places + WIDTH * s.batch, s.hidden),
        "step_sums": states,
        "slope": states,
        "exact_state_grad": states,
        "features_seen": states,
        "hard_inputs": states,  # what is left to MKL's tanh
        "doubtful": (s.batch * s.hidden // 32 + 2,),  # bits that say what is
        "exact_logits": (s.batch,),
        "logit_slopes": (s.batch,),
        "input_weights": (s.hidden, s.embedding),
        "state_weights": (s.hidden, s.hidden),
        "state_bias": (s.hidden,),
        "dense_weights": (s.hidden,),
        "part": (s.hidden, max(s.hidden, s.embedding)),
        "roots": (CHUNK,),
        "spare": (8,),
    }


def exact_arrays(sizes: Sizes, *, wanted: bool) -> dict[str, Array]:
    """All arrays of the exact kernels, each at a multiple of 64 bytes; empty if not `wanted`."""
    ints = {"batch_slots": sizes.length * sizes.batch, "hard_places": sizes.batch * sizes.hidden}
    counts = {name: math.prod(shape) for name, shape in _shapes(sizes).items()}
    return {name: _aligned(count * wanted, np.float32) for name, count in counts.items()} | {
        name: _aligned(count * wanted, np.int32) for name, count in ints.items()
    }


def _aligned(count: int, dtype: npt.DTypeLike) -> Array:
    array = np.zeros(count + 2 * _SLACK, dtype)
    start = -array.ctypes.data % _ALIGNMENT_BYTES // array.itemsize
    return array[start : start + count + _SLACK]
