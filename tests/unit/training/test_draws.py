import torch
from torch.utils.data import DataLoader, TensorDataset

from imdb_core.training.draws import RunDraws

COUNT, BATCH = 103, 16


def test_epochs_are_shuffled_as_two_data_loaders_shuffle_them() -> None:
    dataset = TensorDataset(torch.arange(COUNT))
    train_loader = DataLoader(dataset, batch_size=BATCH, shuffle=True)
    validation_loader = DataLoader(dataset, batch_size=BATCH)
    torch.manual_seed(7)
    draws = RunDraws(7)

    for _ in range(3):
        theirs = torch.cat([rows for (rows,) in train_loader])
        list(validation_loader)
        ours = draws.epoch_order(COUNT)
        draws.loader_seed()
        assert torch.equal(ours, theirs)


def test_the_shared_generator_neither_disturbs_a_run_nor_is_disturbed() -> None:
    undisturbed = RunDraws(1).epoch_order(COUNT)
    torch.manual_seed(5)
    expected_of_others = torch.rand(3)

    torch.manual_seed(5)
    draws = RunDraws(1)
    disturbed = draws.epoch_order(COUNT)

    assert torch.equal(disturbed, undisturbed)
    assert torch.equal(torch.rand(3), expected_of_others)


def test_a_restored_state_draws_what_the_first_one_would_have_drawn() -> None:
    first = RunDraws(3)
    first.epoch_order(COUNT)
    second = RunDraws(99)
    second.state = first.state.clone()

    mask = first.dropout_masks(4, 5, 0.5)
    other = second.dropout_masks(4, 5, 0.5)

    assert mask is not None
    assert other is not None
    assert torch.equal(mask, other)
    assert torch.equal(first.epoch_order(COUNT), second.epoch_order(COUNT))


def test_dropout_keeps_the_mean_and_no_dropout_draws_nothing() -> None:
    draws = RunDraws(0)
    before = draws.state.clone()
    assert draws.dropout_masks(10, 10, 0.0) is None
    assert torch.equal(draws.state, before)

    mask = draws.dropout_masks(1000, 100, 0.25)
    assert mask is not None
    assert set(mask.unique().tolist()) == {0.0, torch.tensor(1 / 0.75).item()}
    assert abs(mask.mean().item() - 1) < 0.01
