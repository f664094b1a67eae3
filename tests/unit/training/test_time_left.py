import pytest

from imdb_core.training.time_left import TimeLeft, time_left
from tests.unit.training.recorded_curves import recorded_curve

NOTEBOOK = recorded_curve("notebook").epochs  # 0.032 s each


def left(finished: int, **rule: float) -> TimeLeft:
    told = time_left(NOTEBOOK[:finished], max_epochs=100, **{"patience": 2} | rule)  # type: ignore[arg-type]
    assert told is not None
    return told


def test_patience_may_end_it_soon_and_the_most_epochs_at_the_latest() -> None:
    after_an_improvement, after_a_bad_epoch = left(43), left(44)

    assert after_an_improvement.seconds_at_least == pytest.approx(2 * 0.032)
    assert after_an_improvement.seconds_at_most == pytest.approx(57 * 0.032)
    assert after_a_bad_epoch.seconds_at_least == pytest.approx(0.032)


def test_a_patience_lowered_below_the_bad_epochs_still_takes_one_epoch() -> None:
    assert left(44, patience=1).seconds_at_least == pytest.approx(0.032)


def test_the_most_epochs_bound_both_ends() -> None:
    told = time_left(NOTEBOOK[:43], max_epochs=44, patience=20)

    assert told is not None
    assert told.seconds_at_least == told.seconds_at_most == pytest.approx(0.032)


def test_one_slow_epoch_does_not_count() -> None:
    first = NOTEBOOK[0]._replace(train_seconds=16.0)  # compiled its kernels
    told = time_left([first, *NOTEBOOK[1:10]], max_epochs=100, patience=2)

    assert told is not None
    assert told.seconds_at_most == pytest.approx(90 * 0.032)


def test_what_the_epoch_under_way_has_taken_is_not_counted_again() -> None:
    assert left(43, since_last_s=0.02).seconds_at_least == pytest.approx(2 * 0.032 - 0.02)
    assert left(43, since_last_s=9.0).seconds_at_least == pytest.approx(0.032)


def test_before_the_first_epoch_nobody_knows() -> None:
    assert time_left([], max_epochs=100, patience=2) is None
