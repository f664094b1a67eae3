import torch

from imdb_core.config import TrainConfig
from imdb_core.model import SentimentRNN, initialize
from imdb_core.model.sentiment_rnn import mean_max
from tests.notebook import IMDBRnn


def test_the_default_network_has_the_notebooks_names_shapes_and_answers() -> None:
    torch.manual_seed(42)
    theirs = IMDBRnn()
    generator = torch.Generator()
    generator.manual_seed(42)
    ours = initialize(SentimentRNN.empty(TrainConfig()), "torch", generator)
    token_ids = torch.randint(0, 500, (5, 100))

    assert {name: value.shape for name, value in ours.state_dict().items()} == {
        name: value.shape for name, value in theirs.state_dict().items()
    }
    with torch.no_grad():
        assert torch.equal(torch.sigmoid(ours(token_ids)), theirs(token_ids).squeeze(1))


def test_building_a_network_draws_nothing_from_the_shared_generator() -> None:
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    SentimentRNN.empty(TrainConfig(cell="lstm", bidirectional=True))

    assert torch.equal(torch.rand(2), expected)


def test_mean_and_maximum_leave_out_padding_and_an_empty_row_gives_zeros() -> None:
    states = torch.tensor([[[9.0], [-3.0], [-1.0]], [[5.0], [6.0], [7.0]]])
    is_word = torch.tensor([[False, True, True], [False, False, False]])

    assert mean_max(states, is_word).tolist() == [[-2.0, -1.0], [0.0, 0.0]]


def test_the_last_readout_of_two_ways_joins_both_final_states() -> None:
    generator = torch.Generator()
    config = TrainConfig(bidirectional=True)
    network = initialize(SentimentRNN.empty(config), "torch", generator)
    token_ids = torch.randint(3, 500, (4, 20))
    with torch.no_grad():
        states, _ = network.rnn(network.embedding(token_ids))
        features = network.features(token_ids)

    assert torch.allclose(features, torch.cat((states[:, -1, :8], states[:, 0, 8:]), dim=1))
