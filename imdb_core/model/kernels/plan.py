"""What a kernel is told: every size, and the address of every array, in one record.

A record reaches a kernel as a single pointer. Handing some forty arrays from
function to function instead took numba 26 s to compile, against a few.

In the shapes below S is the number of different tokens of a batch (its slots)
and R the rows of a block; E and H are padded with zeros to whole vectors, and
W = gates × H. Zero weights keep the padding zero, forward and backward.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .vectors import WIDTH

Floats = npt.NDArray[np.float32]
Record = npt.NDArray[np.void]

RNN, GRU, LSTM = range(3)
CELLS = {"rnn": RNN, "gru": GRU, "lstm": LSTM}
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
_MOST_BLOCK_ROWS = 64
# Finding a batch's different tokens costs about as much as folding a vocabulary of
# a quarter of its tokens.
_TOKENS_PER_SLOT = 4
_WORKSPACE_FLOATS = 16 * 2**20


def round_up(number: int) -> int:
    """The smallest multiple of eight that is not below `number`."""
    return -(-number // WIDTH) * WIDTH


class Sizes(NamedTuple):
    """Every size that a kernel needs.

    Attributes:
        vocabulary, embedding, hidden, length, batch: V, E, H, T, B of the model.
        cell: RNN, GRU or LSTM.
        gates: how many matrices the cell has: 1, 3 or 4.
        embedding_room, hidden_room: E and H padded.
        wide: W, all gates of one row, padded.
        block: rows of a batch that go through time together.
        features: what the readout hands to the dense layer: H, or 2 H.
        features_room: the same, padded.
        averaged: 1 where a running average of the parameters is kept.
        pooled: 1 where the readout is the masked mean and maximum.
        lasting_slots: V where every token has its slot for good, the slot being the id
            (a small vocabulary); 0 where each batch's tokens are found anew.
        at_*: where a parameter begins in the flat vector.
        parameters: how many there are.
    """

    vocabulary: int
    embedding: int
    hidden: int
    length: int
    batch: int
    cell: int
    gates: int
    embedding_room: int
    hidden_room: int
    wide: int
    block: int
    features: int
    features_room: int
    averaged: int
    pooled: int
    lasting_slots: int
    at_input: int
    at_recurrent: int
    at_input_bias: int
    at_recurrent_bias: int
    at_dense: int
    at_dense_bias: int
    parameters: int


def sizes_of(
    *,
    cell: str,
    readout: str,
    vocabulary: int,
    embedding: int,
    hidden: int,
    length: int,
    batch: int,
    averaged: bool = False,
) -> Sizes:
    """Work out every size from the model's own."""
    gates = GATES[cell]
    halves = 2 if readout == "mean_max" else 1
    units = gates * hidden
    at_input = vocabulary * embedding
    at_recurrent = at_input + units * embedding
    at_input_bias = at_recurrent + units * hidden
    at_recurrent_bias = at_input_bias + units
    at_dense = at_recurrent_bias + units
    at_dense_bias = at_dense + halves * hidden
    return Sizes(
        vocabulary=vocabulary,
        embedding=embedding,
        hidden=hidden,
        length=length,
        batch=batch,
        cell=CELLS[cell],
        gates=gates,
        embedding_room=round_up(embedding),
        hidden_room=round_up(hidden),
        wide=gates * round_up(hidden),
        block=_block_rows(batch, length, round_up(hidden) * (gates + 2)),
        features=halves * hidden,
        features_room=halves * round_up(hidden),
        averaged=int(averaged),
        pooled=int(readout == "mean_max"),
        lasting_slots=vocabulary if vocabulary * _TOKENS_PER_SLOT <= batch * length else 0,
        at_input=at_input,
        at_recurrent=at_recurrent,
        at_input_bias=at_input_bias,
        at_recurrent_bias=at_recurrent_bias,
        at_dense=at_dense,
        at_dense_bias=at_dense_bias,
        parameters=at_dense_bias + 1,
    )


def _block_rows(batch: int, length: int, floats_per_state: int) -> int:
    """Rows enough to share a pass over the weights, few enough to keep the workspace small."""
    rows = min(_MOST_BLOCK_ROWS, round_up(batch))
    while rows > 16 and rows * length * floats_per_state > _WORKSPACE_FLOATS:
        rows = round_up(rows // 2)
    return rows


def parameter_arrays(s: Sizes) -> dict[str, Floats]:
    """The parameters and their moments as torch lays them out, and as kernels read them."""
    flat = round_up(s.parameters)
    shapes: dict[str, tuple[int, ...]] = {
        "flat": (flat,),
        "gradient": (flat,),
        "first_moment": (flat,),
        "second_moment": (flat,),
        "average": (flat * s.averaged,),
        "inputs": (s.embedding_room, s.wide),  # weight_ih transposed
        "inputs_back": (s.wide, s.embedding_room),
        "inputs_grad": (s.embedding_room, s.wide),
        "recurrent": (s.hidden_room, s.wide),  # weight_hh transposed
        "recurrent_back": (s.wide, s.hidden_room),
        "bias": (s.wide,),  # what may be added before the product with the state
        "bias_grad": (s.wide,),
        "candidate_bias": (s.hidden_room,),  # GRU's b_hn, which the reset gate multiplies
        "dense": (s.features_room,),
    }
    return {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}


def _most_slots(s: Sizes) -> int:
    return round_up(min(s.vocabulary, s.batch * s.length))


def token_arrays(s: Sizes) -> dict[str, npt.NDArray[np.generic]]:
    """What each different token of a batch adds to the gates."""
    slots = _most_slots(s)
    every = np.arange(s.vocabulary, dtype=np.int32)
    return {
        "slot_of": every.copy() if s.lasting_slots else np.full(s.vocabulary, -1, np.int32),
        "token_of": every if s.lasting_slots else np.zeros(slots, np.int32),
        "tokens": np.zeros((slots, s.embedding_room), np.float32),  # their embeddings
        "tokens_grad": np.zeros((slots, s.embedding_room), np.float32),
        "table": np.zeros((slots, s.wide), np.float32),
    }


def block_arrays(s: Sizes) -> dict[str, npt.NDArray[np.generic]]:
    """Sums of gradients, the rows of a block, their readout and states."""
    block, hidden = s.block, s.hidden_room
    ints: dict[str, tuple[int, ...]] = {
        "sorted_rows": (round_up(s.batch),),  # positions in the batch by leading padding
        "leading": (round_up(s.batch),),  # leading padding of each position
        "tally": (s.length + 2,),
        "position": (block,),
        "slots": (s.length, block),
        "active": (s.length,),  # rows that take part at each time
    }
    floats: dict[str, tuple[int, ...]] = {
        "table_grad": (_most_slots(s), s.wide),
        "recurrent_grad": (s.hidden_room, s.wide),
        "candidate_bias_grad": (s.hidden_room,),
        "dense_grad": (s.features_room + WIDTH,),  # the bias's after the weights'
        "states": (s.length + 1, block, hidden),
        "slopes": (block, s.wide),  # gradient before the activation
        "state_grad": (block, hidden),
        "total": (block, hidden),
        "highest": (block, hidden),
        "when": (block, hidden),  # the time of the highest
        "words": (block,),
        "pooled_features": (block, s.features_room),
        "features_grad": (block, s.features_room),
    }
    return {
        **{name: np.zeros(shape, np.int32) for name, shape in ints.items()},
        **{name: np.zeros(shape, np.float32) for name, shape in floats.items()},
        "block_logits": np.zeros(block, np.float64),
    }


def cell_arrays(s: Sizes) -> dict[str, Floats]:
    """What a cell keeps of each time step; empty arrays for the other cells.

    Every record has the same fields, so there is a single type of record. Numba names
    compiled functions after a number that a record type has in one process only: kernels
    for two types, compiled by two processes and loaded by a third, can take each other's
    place, with addresses read from the wrong fields.
    """
    states = (s.length, s.block, s.hidden_room)
    gates = (s.length, s.block, 4 * s.hidden_room)
    shapes: dict[str, tuple[int, tuple[int, ...]]] = {
        "gru_gates": (GRU, gates),  # reset, update, W_hn h + b_hn, candidate
        "lstm_gates": (LSTM, gates),  # input, forget, candidate, output
        "memory": (LSTM, (s.length + 1, *states[1:])),
        "squashed": (LSTM, states),  # tanh of the memory
        "memory_grad": (LSTM, states[1:]),
    }
    return {
        name: np.zeros(shape if cell == s.cell else 0, np.float32)
        for name, (cell, shape) in shapes.items()
    }


# Set for each call by the engine.
CALL_ARRAYS = ("ids", "labels", "order", "masks", "losses", "logits", "stop")


@cache
def _source_mark() -> str:
    """A field name that changes with any line of this package.

    Numba keys its cache on the file of the compiled entry alone; with this name
    in the record's type an edit to any other module is a new type as well.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return f"source_{digest.hexdigest()[:12]}"


def make_record(
    sizes: Sizes, choices: Mapping[str, int], arrays: Mapping[str, npt.NDArray[np.generic]]
) -> Record:
    """The record of all sizes, choices and addresses; the arrays must outlive it."""
    numbers = sizes._asdict() | dict(choices)
    names = [*numbers, *arrays, *CALL_ARRAYS, _source_mark()]
    record = np.zeros(1, dtype=[(name, np.int64) for name in names])
    for name, number in numbers.items():
        record[name] = number
    for name, array in arrays.items():
        record[name] = array.ctypes.data
    return record
