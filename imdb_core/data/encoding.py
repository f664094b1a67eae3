"""Reviews as padded token ids, exactly as Keras makes them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.data.reviews import Reviews

PAD_ID: Final = 0
START_ID: Final = 1
UNKNOWN_ID: Final = 2
INDEX_FROM: Final = 3
"""A word's id is its rank plus this."""

_CELLS_AT_ONCE: Final = 1 << 20  # bounds the scratch memory to about 20 MB


def encode(
    reviews: Reviews, vocab_size: int, max_length: int, rows: NDArray[np.int64] | None = None
) -> NDArray[np.int32]:
    """Padded ids, (N, max_length) int32, every one as Keras gives it.

    Equal to `pad_sequences(load_data(num_words=vocab_size), maxlen=max_length)`:
    `START_ID` stands before the first word, ids from `vocab_size` on and words outside
    the vocabulary become `UNKNOWN_ID`, the last `max_length` ids are kept, and `PAD_ID`
    fills up in front.

    Args:
        reviews: those to choose from.
        vocab_size: ids are below this; more than `UNKNOWN_ID`.
        max_length: ids per review; at least 1.
        rows: N of the reviews, in the order wanted; by default all in theirs.
    """
    ranks, offsets = reviews.ranks, reviews.offsets
    chosen = slice(None) if rows is None else rows
    starts, ends = offsets[:-1][chosen], offsets[1:][chosen]
    words = np.asarray(ranks) if len(ranks) else np.zeros(1, np.int32)
    ids = np.empty((len(starts), max_length), np.int32)
    columns = np.arange(max_length) - max_length
    rows_at_once = max(1, _CELLS_AT_ONCE // max_length)
    for first in range(0, len(ids), rows_at_once):
        block = ids[first : first + rows_at_once]
        before = starts[first : first + len(block), None] - 1  # where START_ID belongs
        # (rows, max_length): the place in `words` that each column shows, counted from the end
        places = ends[first : first + len(block), None] + columns
        np.add(words.take(places, mode="clip"), INDEX_FROM, out=block)
        block[(block >= vocab_size) | (block == INDEX_FROM)] = UNKNOWN_ID
        block[places == before] = START_ID
        block[places < before] = PAD_ID
    return ids
