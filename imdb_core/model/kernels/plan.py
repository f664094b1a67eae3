"""What a kernel is told: every size, and the address of every array, in one record.

A record reaches a kernel as a single pointer. Handing some forty arrays from
function to function instead took numba 26 s to compile, against a few.

Each part of a batch has a record of its own: with its own rows and states, and
with the parameters and tables that all share. In the shapes below S is the
number of different tokens of a batch (its slots) and R the rows of a block; E
and H are padded with zeros to whole vectors, and W is a row of the table. Zero
weights keep the padding zero, forward and backward.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .vectors import WIDTH

Floats = npt.NDArray[np.float32]
Record = npt.NDArray[np.void]

RNN, GRU, LSTM = range(3)
CELLS = {"rnn": RNN, "gru": GRU, "lstm": LSTM}
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
_PLACES = {"rnn": 1, "gru": 4, "lstm": 4}  # of a row of the table, see `packing`
_MOST_BLOCK_ROWS = 64
# Fewer begin too early: padding is walked once a part, by a group of rows.
_LEAST_PART_ROWS = 16
# Multiplications of a batch's states from which it pays to share it among so many threads.
_SHARED_BY = ((2**29, 8), (2**26, 4), (2**24, 2))
# Finding a batch's different tokens costs about as much as folding a vocabulary of
# a quarter of its tokens.
_TOKENS_PER_SLOT = 4
_WORKSPACE_FLOATS = 16 * 2**20
_CHUNK_ROWS = 64  # of the table, see `tables`


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
        wide: W, all places of one row, padded.
        fed: how much of it, at its end, the state's product is added to.
        parts: how many parts a batch is dealt to; by the sizes alone, since it decides sums.
        part_rows: how many rows of a batch the largest part has.
        block: rows of a part that go through time together.
        group: rows that begin together.
        carries: 1 where a state's gradient goes on also by itself, past the product.
        remembers: 1 where a cell has a memory beside its state.
        features: what the readout hands to the dense layer: H, or 2 H.
        features_room: the same, padded.
        averaged: 1 where a running average of the parameters is kept.
        pooled: 1 where the readout is the masked mean and maximum.
        lasting_slots: V where every token has its slot for good, the slot being the id
            (a small vocabulary); 0 where each batch's tokens are found anew.
        in_place: 1 where the table is made from the embedding as it lies there.
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
    fed: int
    parts: int
    part_rows: int
    block: int
    group: int
    carries: int
    remembers: int
    features: int
    features_room: int
    averaged: int
    pooled: int
    lasting_slots: int
    in_place: int
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
    gates, room = GATES[cell], round_up(hidden)
    halves = 2 if readout == "mean_max" else 1
    units = gates * hidden
    own = [units * count for count in (embedding, hidden, 1, 1)]
    starts = accumulate([vocabulary * embedding, *own, halves * hidden])
    at_input, at_recurrent, at_input_bias, at_recurrent_bias, *at_end = starts
    parts = _parts(batch, batch * length * room * room * gates)
    part_rows = -(-batch // parts)
    is_lasting = vocabulary * _TOKENS_PER_SLOT <= batch * length
    return Sizes(
        vocabulary=vocabulary,
        embedding=embedding,
        hidden=hidden,
        length=length,
        batch=batch,
        cell=CELLS[cell],
        gates=gates,
        embedding_room=round_up(embedding),
        hidden_room=room,
        wide=_PLACES[cell] * room,
        fed=gates * room,
        parts=parts,
        part_rows=part_rows,
        block=_block_rows(part_rows, length * room * (gates + 3), _WORKSPACE_FLOATS // parts),
        group=4 if room % 16 == 0 else 8,
        carries=int(cell == "gru"),
        remembers=int(cell == "lstm"),
        features=halves * hidden,
        features_room=halves * room,
        averaged=int(averaged),
        pooled=int(readout == "mean_max"),
        lasting_slots=vocabulary if is_lasting else 0,
        in_place=int(is_lasting and embedding == round_up(embedding)),
        at_input=at_input,
        at_recurrent=at_recurrent,
        at_input_bias=at_input_bias,
        at_recurrent_bias=at_recurrent_bias,
        at_dense=at_end[0],
        at_dense_bias=at_end[1],
        parameters=at_end[1] + 1,
    )


def _parts(batch: int, work: int) -> int:
    wanted = next((parts for least, parts in _SHARED_BY if work >= least), 1)
    return max(1, min(wanted, batch // _LEAST_PART_ROWS))


def _block_rows(rows: int, floats_per_row: int, most_floats: int) -> int:
    """Rows enough to share a pass over the weights, few enough to keep the workspace small."""
    block = min(_MOST_BLOCK_ROWS, round_up(rows))
    while block > 16 and block * floats_per_row > most_floats:
        block = round_up(block // 2)
    return block


def _zeros(shapes: Mapping[str, tuple[int, ...]], dtype: Any) -> dict[str, npt.NDArray[Any]]:  # noqa: ANN401
    return {name: np.zeros(shape, dtype) for name, shape in shapes.items()}


def shared_arrays(s: Sizes) -> dict[str, npt.NDArray[Any]]:
    """Parameters, their moments, and what each different token of a batch adds to the gates."""
    # Behind the embedding, products in place write up to seven rows more.
    flat = round_up(s.parameters + 8 * s.embedding)
    slots = round_up(min(s.vocabulary, s.batch * s.length))
    own = 1 - s.in_place
    every = np.arange(s.vocabulary, dtype=np.int32)
    floats: dict[str, tuple[int, ...]] = {
        "flat": (flat,),
        "gradient": (flat,),
        "first_moment": (flat,),
        "second_moment": (flat,),
        "average": (flat * s.averaged,),
        "inputs": (s.embedding_room, s.wide),  # weight_ih transposed
        "inputs_back": (s.wide, s.embedding_room),
        "inputs_grad": (s.embedding_room, s.wide),
        "recurrent": (s.hidden_room, s.fed),  # weight_hh transposed
        "recurrent_back": (s.fed, s.hidden_room),
        "bias": (s.wide,),
        "bias_grad": (s.wide,),
        "dense": (s.features_room,),
        "zeros": (max(s.embedding_room, s.hidden_room),),
        "tokens": (own * slots, s.embedding_room),  # their embeddings
        "tokens_grad": (own * slots, s.embedding_room),
        "table": (slots, s.wide),
        "table_grad": (slots, s.wide),
    }
    found = (1 - int(s.lasting_slots > 0)) * s.batch * s.length
    ints: dict[str, tuple[int, ...]] = {
        "row_slots": (found,),  # slots of the batch, where tokens do not have them for good
        "sorted_rows": (round_up(s.batch),),  # positions in the batch by leading padding
        "leading": (round_up(s.batch),),  # leading padding of each position
        "tally": (s.length + 2,),
    }
    return {
        **_zeros(floats, np.float32),
        **_zeros(ints, np.int32),
        "slot_of": every.copy() if s.lasting_slots else np.full(s.vocabulary, -1, np.int32),
        "token_of": every if s.lasting_slots else np.zeros(slots, np.int32),
        "numbers": np.arange(max(_CHUNK_ROWS, s.embedding_room, s.hidden_room), dtype=np.int32),
        "row_losses": np.zeros(s.batch, np.float64),
        "factor": np.zeros(1, np.float64),  # of the gradient, where it is clipped
        "shared": np.zeros(2, np.int64),  # whether the call was stopped; how many slots
        "arrivals": np.zeros(1, np.int64),  # of threads where they wait for each other
    }


def part_arrays(s: Sizes) -> dict[str, npt.NDArray[Any]]:
    """The rows of a block, their states and readout, and sums of their gradients.

    Every record has the same fields, so there is a single type of record. Numba names
    compiled functions after a number that a record type has in one process only: kernels
    for two types, compiled by two processes and loaded by a third, can take each other's
    place, with addresses read from the wrong fields.
    """
    block, hidden = s.block, s.hidden_room
    ints: dict[str, tuple[int, ...]] = {
        "position": (block,),
        "slots": (s.length, block),
        "active": (s.length,),  # rows that take part at each time
        "reached": (1,),  # the time at which the gradient has faded away
    }
    is_plain = s.cell == RNN
    floats: dict[str, tuple[int, ...]] = {
        "recurrent_grad": (s.hidden_room, s.fed),
        "dense_grad": (s.features_room + WIDTH,),  # the bias's after the weights'
        "states": (s.length + 1, block, hidden),
        "gates_kept": (0 if is_plain else s.length, block, s.wide),  # see `gru` and `lstm`
        "memory": (s.remembers * (s.length + 1), block, hidden),
        "squashed": (s.remembers * s.length, block, hidden),  # tanh of the memory
        "state_grad": (block, hidden),
        "memory_grad": (s.remembers * block, hidden),
        "total": (s.pooled * block, hidden),
        "highest": (s.pooled * block, hidden),
        "when": (s.pooled * block, hidden),  # the time of the highest
        "words": (block,),
        "pooled_features": (block, s.features_room),
        "features_grad": (block, s.features_room),
        "block_logits": (block,),
    }
    return {
        **_zeros(floats, np.float32),
        **_zeros(ints, np.int32),
        "offsets": np.zeros(block, np.int64),  # where each row's tokens begin
    }


def _aliases(s: Sizes, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    """Other names of the same numbers; slopes replace what the way back no longer needs."""
    aliases = {"slopes": arrays["states"][1:] if s.cell == RNN else arrays["gates_kept"]}
    if not s.remembers:
        aliases["memory_grad"] = arrays["state_grad"]
    if s.in_place:
        aliases |= {"tokens": arrays["flat"], "tokens_grad": arrays["gradient"]}
    return aliases


# Set for each call by the engine.
CALL_ARRAYS = ("ids", "labels", "order", "masks", "losses", "logits", "stop")
CALL_INTS = ("reviews", "steps", "advance", "go_back")
CALL_FLOATS = ("learning_rate", "weight_decay", "clip", "word_epsilon", "keep")


def make_records(
    sizes: Sizes, shared: Mapping[str, npt.NDArray[Any]], parts: Sequence[Mapping[str, Any]]
) -> Record:
    """A record of all sizes and addresses for each part; the arrays must outlive it."""
    numbers = sizes._asdict()
    rows = [{**shared, **part, **_aliases(sizes, {**shared, **part})} for part in parts]
    names = [*numbers, *rows[0], *CALL_ARRAYS, *CALL_INTS]
    fields = [(name, np.int64) for name in names] + [(name, np.float64) for name in CALL_FLOATS]
    records = np.zeros(len(parts), dtype=fields)
    for name, number in numbers.items():
        records[name] = number
    for record, arrays in zip(records, rows, strict=True):
        for name, array in arrays.items():
            record[name] = array.ctypes.data
    return records
