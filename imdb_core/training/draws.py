"""The random numbers of a run, all from one generator of its own.

The notebook takes everything from PyTorch's global generator: first the weights, then,
each epoch, what its two data loaders draw. Taking the same numbers in the same order
from a private generator gives the same curve, and nothing else that runs in the process
can disturb it.
"""

from __future__ import annotations

import torch
from torch import Tensor


class RunDraws:
    """Draws of one run, in order; `state` continues it elsewhere."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator()
        self.generator.manual_seed(seed)

    @property
    def state(self) -> Tensor:
        """The generator's state, (5056,) uint8."""
        return self.generator.get_state()

    @state.setter
    def state(self, state: Tensor) -> None:
        self.generator.set_state(state)

    def epoch_order(self, count: int) -> Tensor:
        """An epoch's order of `count` rows, as `DataLoader(shuffle=True)` draws it.

        The loader's iterator draws a base seed for its workers, then `RandomSampler`
        draws the seed of a generator of its own (torch.utils.data, PyTorch 2.13).
        """
        self.loader_seed()
        generator = torch.Generator()
        generator.manual_seed(self.loader_seed())
        return torch.randperm(count, generator=generator)

    def loader_seed(self) -> int:
        """The base seed that every iteration over a `DataLoader` draws."""
        seed = torch.empty((), dtype=torch.int64).random_(generator=self.generator)
        return int(seed.item())

    def dropout_masks(self, rows: int, features: int, dropout: float) -> Tensor | None:
        """An epoch's dropout factors (rows, features), row i for the i-th review of its order.

        A factor is 0 with probability `dropout`, else 1 / (1 - dropout). None where nothing
        is dropped, and then nothing is drawn.
        """
        if dropout == 0:
            return None
        keep = 1 - dropout
        return torch.empty(rows, features).bernoulli_(keep, generator=self.generator) / keep
