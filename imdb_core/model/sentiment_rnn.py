"""The network: embedding, recurrent layers, a readout and one output unit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from imdb_core.config import Cell, Readout, TrainConfig
from imdb_core.data.encoding import PAD_ID
from imdb_core.errors import WeightsMismatchError

_CELLS: dict[Cell, type[nn.RNN | nn.GRU | nn.LSTM]] = {
    "rnn": nn.RNN,
    "gru": nn.GRU,
    "lstm": nn.LSTM,
}


class SentimentRNN(nn.Module):
    """P(positive) of a review as a logit.

    With one layer, one direction and the last state read out, names and shapes of the
    parameters are those of the notebook's `IMDBRnn`, whatever the cell.

    Args:
        vocab_size: ids run from 0 to `vocab_size - 1`.
        embedding_dim: size of a word's vector.
        hidden_size: size of the state, per direction.
        cell: the recurrent layer.
        num_layers: layers on top of each other.
        bidirectional: also read from the end to the start.
        readout: `last` takes the state after the last word (per direction), `mean_max`
            the mean and the maximum of the states over all positions that are not padding.
    """

    def __init__(
        self,
        vocab_size: int,
        embedding_dim: int,
        hidden_size: int,
        *,
        cell: Cell = "rnn",
        num_layers: int = 1,
        bidirectional: bool = False,
        readout: Readout = "last",
    ) -> None:
        super().__init__()
        self.readout = readout
        # What `nn.Embedding` draws itself, but not for `empty`: without memory to draw into,
        # PyTorch imports its compiler, which takes 40 MB and part of a second.
        vectors = torch.empty(vocab_size, embedding_dim)
        if not vectors.is_meta:
            nn.init.normal_(vectors)
        self.embedding: nn.Embedding = nn.Embedding.from_pretrained(  # type: ignore[no-untyped-call]
            vectors, freeze=False
        )
        self.rnn = _CELLS[cell](
            embedding_dim,
            hidden_size,
            num_layers=num_layers,
            bidirectional=bidirectional,
            batch_first=True,
        )
        directions = 2 if bidirectional else 1
        self.readout_size = hidden_size * directions * (2 if readout == "mean_max" else 1)
        self.dense = nn.Linear(self.readout_size, 1)

    @classmethod
    def empty(cls, config: TrainConfig) -> SentimentRNN:
        """The network that `config` describes, on the CPU, its weights not yet set.

        Built without drawing random numbers: PyTorch's own constructor would take them
        from the generator that all threads share.
        """
        with torch.device("meta"):
            network = cls(
                config.vocab_size,
                config.embedding_dim,
                config.hidden_size,
                cell=config.cell,
                num_layers=config.num_layers,
                bidirectional=config.bidirectional,
                readout=config.readout,
            )
        # Not `to_empty`: it imports sympy, another 40 MB.
        memory = {name: torch.empty(each.shape) for name, each in network.named_parameters()}
        network.load_state_dict(memory, assign=True)
        return network

    @classmethod
    def with_weights(
        cls, config: TrainConfig, weights: Mapping[str, NDArray[np.float32]]
    ) -> SentimentRNN:
        """The network that `config` describes with the given weights, ready to score.

        Raises:
            WeightsMismatchError: names or shapes are not this network's.
        """
        network = cls.empty(config)
        expected = {name: tuple(each.shape) for name, each in network.state_dict().items()}
        for name in sorted(expected.keys() | weights.keys()):
            shape = weights[name].shape if name in weights else None
            if shape != expected.get(name):
                raise WeightsMismatchError(
                    f"The weights are not those of the network that the settings describe: "
                    f"{name} is {shape or 'missing'}, but must be {expected.get(name, 'left out')}."
                )
        network.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
        return network.eval()

    def forward(self, token_ids: Tensor, dropout_mask: Tensor | None = None) -> Tensor:
        """Logits (B,) of `token_ids` (B, T).

        `dropout_mask` (B, readout_size) multiplies the features that the output unit sees.
        """
        features = self.features(token_ids)
        if dropout_mask is not None:
            features = features * dropout_mask
        logits: Tensor = self.dense(features)
        return logits.squeeze(1)

    def features(self, token_ids: Tensor) -> Tensor:
        """What the output unit sees, (B, readout_size)."""
        states, final = self.rnn(self.embedding(token_ids))  # (B, T, D·H)
        if self.readout == "mean_max":
            return mean_max(states, token_ids != PAD_ID)
        if isinstance(final, tuple):  # an LSTM's (hidden, cell)
            final = final[0]
        directions = 2 if self.rnn.bidirectional else 1
        return torch.cat(tuple(final[-directions:]), dim=1)  # (L·D, B, H) -> (B, D·H)


def mean_max(states: Tensor, is_word: Tensor) -> Tensor:
    """Mean and maximum over time of `states` (B, T, F) where `is_word` (B, T): (B, 2F).

    A row without a word gives zeros.
    """
    mask = is_word.unsqueeze(2)
    count = mask.sum(dim=1)
    mean = (states * mask).sum(dim=1) / count.clamp(min=1)
    maximum = states.masked_fill(~mask, -torch.inf).amax(dim=1)
    return torch.cat((mean, maximum.masked_fill(count == 0, 0.0)), dim=1)
