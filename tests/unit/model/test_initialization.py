import pytest
import torch
from torch import nn

from imdb_core.config import TrainConfig
from imdb_core.model import SentimentRNN, initialize

LAYERS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def drawn(config: TrainConfig, seed: int) -> SentimentRNN:
    generator = torch.Generator()
    generator.manual_seed(seed)
    return initialize(SentimentRNN.empty(config), config.initialization, generator)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("readout", ["last", "mean_max"])
def test_torch_weights_are_those_that_torch_constructors_draw(
    cell: str, bidirectional: bool, readout: str
) -> None:
    config = TrainConfig.parse(
        {"cell": cell, "bidirectional": bidirectional, "readout": readout, "num_layers": 2}
    )
    torch.manual_seed(11)
    embedding = nn.Embedding(500, 16)
    layers = LAYERS[cell](16, 8, num_layers=2, bidirectional=bidirectional, batch_first=True)
    dense = nn.Linear(8 * (2 if bidirectional else 1) * (2 if readout == "mean_max" else 1), 1)

    network = drawn(config, 11)

    for ours, theirs in [
        (network.embedding, embedding),
        (network.rnn, layers),
        (network.dense, dense),
    ]:
        state = ours.state_dict()
        assert list(state) == list(theirs.state_dict())
        assert all(torch.equal(state[name], value) for name, value in theirs.state_dict().items())


def test_keras_weights_have_the_properties_of_keras_layers() -> None:
    config = TrainConfig(cell="lstm", hidden_size=16, initialization="keras")

    network = drawn(config, 0)
    lstm = network.rnn
    recurrent = lstm.weight_hh_l0.detach()
    limit = (6 / (16 + 64)) ** 0.5  # Glorot: fan in 16, fan out four gates of 16

    assert network.embedding.weight.abs().max() <= 0.05
    assert torch.allclose(recurrent.T @ recurrent, torch.eye(16), atol=1e-5)
    assert 0.9 * limit < lstm.weight_ih_l0.abs().max() <= limit
    bias = (lstm.bias_ih_l0 + lstm.bias_hh_l0).view(4, 16)  # input, forget, cell, output
    assert bias.mean(dim=1).tolist() == [0, 1, 0, 0]
    assert network.dense.bias.item() == 0
