from imdb_core.training.replay import replay
from tests.unit.training.recorded_curves import recorded_curve


def test_its_own_patience_ends_a_run_where_it_ended() -> None:
    run = recorded_curve("notebook")

    told = replay(run.epochs, patience=run.config.patience)

    assert told is not None
    assert (told.reason, told.epoch, told.best) == ("patience", 45, run.epochs[42])


def test_a_smaller_patience_is_told_as_it_trained_for_itself() -> None:
    patient, impatient = recorded_curve("notebook_patience20"), recorded_curve("notebook")

    told = replay(patient.epochs, patience=impatient.config.patience)

    assert told is not None
    assert told.epoch == len(impatient.epochs)
    assert told.best == impatient.epochs[-3]
    assert told.sentence == (
        "Patience 2 would have stopped after epoch 45 and kept epoch 43: "
        "validation loss 0.5645, accuracy 0.7152."
    )


def test_epochs_that_do_not_reach_far_enough_are_not_made_up() -> None:
    run = recorded_curve("notebook")

    told = replay(run.epochs, patience=3, max_epochs=100)

    assert told is not None
    assert (told.reason, told.epoch) == (None, 45)
    assert "still be going after epoch 45, the last one recorded" in told.sentence


def test_the_most_epochs_end_it_where_no_patience_does() -> None:
    told = replay(recorded_curve("notebook").epochs, patience=20, max_epochs=30)

    assert told is not None
    assert (told.reason, told.epoch) == ("max_epochs", 30)


def test_a_larger_smallest_gain_stops_earlier() -> None:
    told = replay(recorded_curve("notebook").epochs, patience=2, min_delta=0.005)

    assert told is not None
    assert told.epoch < 45


def test_a_run_without_epochs_has_nothing_to_replay() -> None:
    assert replay([], patience=2) is None
