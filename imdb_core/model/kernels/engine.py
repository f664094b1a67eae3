"""One model trained by the kernels: parameters in, batches through, parameters out."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from . import epochs, gru, lstm, rnn
from .compiling import compile_unit
from .plan import Floats, Sizes, make_records, part_arrays, shared_arrays, sizes_of
from .team import call_together, usable_cores

CELL_UNITS = {
    "rnn": (rnn.advance, rnn.go_back),
    "gru": (gru.advance, gru.go_back),
    "lstm": (lstm.advance, lstm.go_back),
}
Ints = npt.NDArray[np.int32]
Order = npt.NDArray[np.int64]


class Kernels:
    """Trains and scores one single-layer recurrent classifier on the CPU.

    One thread at a time may call it; only `stop` may be set from another. The
    same calls give the same bits, on any number of threads and on every x86-64
    processor with AVX2 and FMA.

    Args:
        cell: rnn, gru or lstm.
        readout: last, or mean_max.
        parameters: the state dict's arrays by name; they are copied.
        batch_size, max_length: B and T, of every call.
        embedding_epsilon: Adam's epsilon for the embedding; all others have 1e-8.
        weight_average: the share that running averages of the parameters keep of themselves
            at a step; 0 for none. `predict` takes them where there are any.
        threads: how many share a batch, where one is large enough; by default as many as
            there are cores.

    Attributes:
        steps: Adam steps taken so far.
        stop: set `stop[0] = 1` to end a call before its next batch; 0 to go on.
        losses: batch means of the call to `train` under way, 0 where it is not yet.
    """

    def __init__(
        self,
        *,
        cell: str,
        readout: str,
        parameters: Mapping[str, npt.NDArray[np.float32]],
        batch_size: int,
        max_length: int,
        embedding_epsilon: float = 1e-8,
        weight_average: float = 0.0,
        threads: int | None = None,
    ) -> None:
        vocabulary, embedding = parameters["embedding.weight"].shape
        self.sizes = sizes_of(
            cell=cell,
            readout=readout,
            vocabulary=vocabulary,
            embedding=embedding,
            hidden=parameters["rnn.weight_hh_l0"].shape[1],
            length=max_length,
            batch=batch_size,
            averaged=weight_average > 0,
        )
        self._cell = CELL_UNITS[cell]
        self.threads = max(1, min(threads or usable_cores(), self.sizes.parts))
        self._arrays = shared_arrays(self.sizes)
        self._parts = [part_arrays(self.sizes) for _ in range(self.sizes.parts)]
        self._records = make_records(self.sizes, self._arrays, self._parts)
        self._records["word_epsilon"], self._records["keep"] = embedding_epsilon, weight_average
        self.steps = 0
        self.stop = np.zeros(1, dtype=np.uint8)
        self.losses = np.zeros(0)
        self._known_ids: deque[Ints] = deque(maxlen=3)  # training, validation, one more
        for name, view in self.parameters.items():
            view[...] = parameters[name]
        if self.sizes.averaged:
            self._arrays["average"][...] = self._arrays["flat"]

    @property
    def parameters(self) -> dict[str, Floats]:
        """Views of the parameters by name."""
        return named_views(self._arrays["flat"], self.sizes)

    @property
    def averages(self) -> dict[str, Floats]:
        """Views of the parameters' running averages by name; the parameters if there are none."""
        return named_views(self._arrays[self._scored], self.sizes)

    @property
    def first_moments(self) -> dict[str, Floats]:
        """Views of Adam's running means (torch's exp_avg)."""
        return named_views(self._arrays["first_moment"], self.sizes)

    @property
    def second_moments(self) -> dict[str, Floats]:
        """Views of Adam's running mean squares (torch's exp_avg_sq)."""
        return named_views(self._arrays["second_moment"], self.sizes)

    def train(
        self,
        token_ids: Ints,
        labels: Floats,
        order: Order,
        *,
        masks: Floats | None = None,
        learning_rate: float,
        weight_decay: float = 0.0,
        clip: float = 0.0,
    ) -> npt.NDArray[np.float64]:
        """Train on the reviews `order`, `batch_size` at a time.

        Args:
            token_ids: (N, T) every review's ids, from 0 to V - 1.
            labels: (N,) 0 or 1.
            order: rows of `token_ids`: an epoch's permutation, or one batch of it.
            masks: (len(order), features) dropout masks, 0 or 1 / (1 - p).
            learning_rate, weight_decay: Adam's; the decay is AdamW's.
            clip: the longest gradient allowed, 0 for any.

        Returns:
            The mean loss in nats of each batch that was trained: fewer than asked
            for if `stop` was set.

        Raises:
            ValueError: an array has another shape or dtype, or is not contiguous.
        """
        losses = self.losses = np.zeros(-(-order.size // self.sizes.batch))
        self._point_to(token_ids, order, labels=labels, masks=masks, losses=losses)
        self._records["learning_rate"] = learning_rate
        self._records["weight_decay"] = weight_decay
        self._records["clip"] = clip
        units = (*epochs.SCORING, *self._cell, *epochs.LEARNING)
        done = self._call(epochs.train, units)
        if learning_rate > 0:
            self.steps += done
        return losses[:done]

    def predict(
        self, token_ids: Ints, order: Order | None = None, labels: Floats | None = None
    ) -> Floats:
        """Logits of the reviews `order` (all by default); fewer if `stop` was set.

        With labels, `losses` are the batch means of their cross entropy (nats).
        """
        if order is None:
            order = np.arange(len(token_ids))
        logits = np.zeros(order.size, dtype=np.float32)
        self.losses = np.zeros(-(-order.size // self.sizes.batch))
        self._point_to(token_ids, order, labels=labels, logits=logits, losses=self.losses)
        if self.sizes.averaged:
            for name in ("flat", "tokens") if self.sizes.in_place else ("flat",):
                self._records[name] = self._arrays["average"].ctypes.data
        done = self._call(epochs.predict, (*epochs.SCORING, self._cell[0], epochs.predict))
        if self.sizes.averaged:
            for name in ("flat", "tokens") if self.sizes.in_place else ("flat",):
                self._records[name] = self._arrays["flat"].ctypes.data
        self.losses = self.losses[:done]
        return logits[: done * self.sizes.batch]

    def _call(self, unit: Any, units: tuple[Any, ...]) -> int:  # noqa: ANN401
        """Let all threads call `unit`, one of `units`, which are compiled if they never were."""
        records = self._records
        addresses = {unit: compile_unit(unit, records.dtype) for unit in units}
        for name, own in zip(("advance", "go_back"), self._cell, strict=True):
            records[name] = addresses.get(own, 0)
        self._arrays["arrivals"][:] = 0
        return call_together(addresses[unit], records.ctypes.data, self.threads)

    @property
    def _scored(self) -> str:
        return "average" if self.sizes.averaged else "flat"

    def _point_to(
        self,
        token_ids: Ints,
        order: Order,
        labels: Floats | None = None,
        masks: Floats | None = None,
        losses: npt.NDArray[np.float64] | None = None,
        logits: Floats | None = None,
    ) -> None:
        """Write the addresses of a call's arrays into the record, each checked first."""
        reviews, features = len(token_ids), self.sizes.features
        length = self.sizes.length
        for name, array, dtype, shape in (
            ("ids", token_ids, np.int32, (reviews, length)),
            ("order", order, np.int64, (order.size,)),
            ("labels", labels, np.float32, (reviews,)),
            ("masks", masks, np.float32, (order.size, features)),
            ("losses", losses, np.float64, None),
            ("logits", logits, np.float32, None),
            ("stop", self.stop, np.uint8, None),
        ):
            address = 0 if array is None else _address(name, array, dtype, shape)
            self._records[name] = address
        self._records["reviews"], self._records["steps"] = order.size, self.steps
        if order.size and not 0 <= order.min() <= order.max() < reviews:
            raise ValueError(f"order must name rows from 0 to {reviews - 1}")
        self._check_ids(token_ids)

    def _check_ids(self, token_ids: Ints) -> None:
        """Refuse ids that are not in the vocabulary; each array is looked through once."""
        if any(token_ids is known for known in self._known_ids):
            return
        vocabulary = self.sizes.vocabulary
        if token_ids.size and not 0 <= token_ids.min() <= token_ids.max() < vocabulary:
            raise ValueError(f"token ids must be from 0 to {vocabulary - 1}")
        self._known_ids.append(token_ids)


def _address(name: str, array: npt.NDArray[Any], dtype: Any, shape: tuple[int, ...] | None) -> int:  # noqa: ANN401
    if array.dtype != dtype or not array.flags.c_contiguous:
        raise ValueError(f"{name} must be contiguous {np.dtype(dtype)}, not {array.dtype}")
    if shape is not None and array.shape != shape:
        raise ValueError(f"{name} must have the shape {shape}, not {array.shape}")
    return int(array.ctypes.data)


@lru_cache(maxsize=64)
def allocated_bytes(sizes: Sizes) -> int:
    """How much memory `Kernels` of these sizes allocate; found out by doing so, once."""
    parts = [part_arrays(sizes) for _ in range(sizes.parts)]
    return sum(
        array.nbytes for arrays in (shared_arrays(sizes), *parts) for array in arrays.values()
    )


def named_views(flat: Floats, sizes: Sizes) -> dict[str, Floats]:
    """The parts of a flat vector under the state dict's names and shapes."""
    units = sizes.gates * sizes.hidden
    shapes: dict[str, tuple[int, ...]] = {
        "embedding.weight": (sizes.vocabulary, sizes.embedding),
        "rnn.weight_ih_l0": (units, sizes.embedding),
        "rnn.weight_hh_l0": (units, sizes.hidden),
        "rnn.bias_ih_l0": (units,),
        "rnn.bias_hh_l0": (units,),
        "dense.weight": (1, sizes.features),
        "dense.bias": (1,),
    }
    views, start = {}, 0
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        views[name] = flat[start : start + size].reshape(shape)
        start += size
    return views
