"""Ways through a network beside its own `forward`: after each word, and from word vectors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from imdb_core.data import PAD_ID
from imdb_core.model import SentimentRNN
from imdb_core.model.sentiment_rnn import mean_max

CELLS_AT_ONCE = 1 << 15  # rows × places: a pass holds some 20 MB with 64 units


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch compute in the calling thread alone, and leave its setting as it was.

    For networks of this size threads that wait for each other cost more than they give: on
    two busy cores, 400 words of an LSTM with 32 units took 48 ms instead of 2.5 s.
    """
    threads = torch.get_num_threads()
    if threads > 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if threads > 1:
            torch.set_num_threads(threads)


@torch.inference_mode()
def logits_of(network: SentimentRNN, ids: NDArray[np.int32]) -> NDArray[np.float64]:
    """The logit of each row of `ids` (N, T): (N,)."""
    rows_at_once = max(1, CELLS_AT_ONCE // ids.shape[1])
    parts = [
        network(torch.from_numpy(ids[start : start + rows_at_once]))
        for start in range(0, len(ids), rows_at_once)
    ]
    return _as_array(torch.cat(parts))


@torch.inference_mode()
def logits_after_each(
    network: SentimentRNN, ids: NDArray[np.int32], first: int
) -> NDArray[np.float64]:
    """The logit as if the text ended at each place of `ids` (T,) from `first` on: (T - first,).

    In one direction a single pass has all states that are needed. A network that reads both
    ways starts its way back at another place for each end, so every end is a row of its own.
    """
    if network.rnn.bidirectional:
        return _by_prefixes(network, ids, first)
    row = torch.from_numpy(ids)[None]
    states = network.rnn(network.embedding(row))[0][0]  # (T, H)
    if network.readout == "mean_max":
        states = _running_mean_max(states, row[0] != PAD_ID)
    return _as_array(network.dense(states[first:]).squeeze(1))


@torch.inference_mode()
def logit_of_nothing(network: SentimentRNN) -> float:
    """The logit before anything is read: all features are zero."""
    return float(network.dense(torch.zeros(1, network.readout_size)))


def logits_of_vectors(network: SentimentRNN, vectors: Tensor, is_word: Tensor) -> Tensor:
    """Logits (B,) of reviews whose words are given as vectors (B, T, E).

    `is_word` (B, T) tells words from padding, which a vector alone does not show.
    """
    states, final = network.rnn(vectors)
    return _logits(network, states, final, is_word)


def _by_prefixes(network: SentimentRNN, ids: NDArray[np.int32], first: int) -> NDArray[np.float64]:
    row = torch.from_numpy(ids)
    rows_at_once = max(1, CELLS_AT_ONCE // len(ids))
    parts = []
    for start in range(first, len(ids), rows_at_once):
        lengths = torch.arange(start + 1, min(start + rows_at_once, len(ids)) + 1)
        prefixes = row[: int(lengths[-1])].expand(len(lengths), -1)  # (B, T')
        vectors = network.embedding(prefixes)
        # Packed, each row ends at its own length, whichever way it is read.
        packed = pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
        is_word = (prefixes != PAD_ID) & (torch.arange(prefixes.shape[1]) < lengths[:, None])
        states, final = network.rnn(packed)
        parts.append(_logits(network, states, final, is_word))
    return _as_array(torch.cat(parts))


def _logits(
    network: SentimentRNN,
    states: Tensor | PackedSequence,
    final: Tensor | tuple[Tensor, Tensor],
    is_word: Tensor,
) -> Tensor:
    if network.readout == "mean_max":
        if isinstance(states, PackedSequence):
            states, _ = pad_packed_sequence(states, batch_first=True)
        features = mean_max(states, is_word)
    else:
        hidden = final[0] if isinstance(final, tuple) else final  # an LSTM's (hidden, cell)
        directions = 2 if network.rnn.bidirectional else 1
        features = torch.cat(tuple(hidden[-directions:]), dim=1)
    logits: Tensor = network.dense(features).squeeze(1)
    return logits


def _running_mean_max(states: Tensor, is_word: Tensor) -> Tensor:
    """`mean_max` of the places up to each one: (T, H) to (T, 2H)."""
    mask = is_word[:, None]
    count = mask.cumsum(dim=0)
    mean = (states * mask).double().cumsum(dim=0) / count.clamp(min=1)
    maximum = states.masked_fill(~mask, -torch.inf).cummax(dim=0).values
    return torch.cat((mean.float(), maximum.masked_fill(count == 0, 0.0)), dim=1)


def _as_array(logits: Tensor) -> NDArray[np.float64]:
    array: NDArray[np.float64] = logits.double().numpy()
    return array
