"""What is worked out beside the pages, asked for by several visitors all the time."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from imdb_core import background
from imdb_core.background import BaselineFinder, CostFinder
from imdb_core.baselines import Baseline, Baselines
from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.errors import DataError, EngineUnavailableError, StorageError, StudioError
from imdb_core.jobs import JobQueue
from imdb_core.stop_flag import StopFlag
from imdb_core.training import cost
from imdb_core.training.trial import Speed
from tests.conftest import settings_in
from tests.limits import LIMIT_S

ANNAS = TrainConfig(source="sample")
BENS = ANNAS.changed(hidden_size=16)
CARLS = ANNAS.changed(hidden_size=32)
JUDGE = Baseline(loss=0.7, accuracy=0.5)
BASELINES = Baselines(
    fingerprint="", validation_fraction=0.2, train_reviews=1, validation_reviews=1,
    majority=JUDGE, bag_of_words=JUDGE, word_pairs=JUDGE,
)  # fmt: skip


class Time:
    """A clock that somebody else moves on."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Measurements:
    """Stands in for `trial.measure`: each waits until it may end, or is stopped."""

    def __init__(self) -> None:
        self.begun: list[TrainConfig] = []
        self.stopped: list[TrainConfig] = []
        self.has_begun, self.may_end = threading.Event(), threading.Event()
        self.errors: list[Exception] = []
        self.seconds = 1.0

    def __call__(
        self, config: TrainConfig, dataset: object, stop: StopFlag, clock: object
    ) -> Speed | None:
        self.begun.append(config)
        self.has_begun.set()
        while not self.may_end.wait(0.001) and not stop.is_set():
            pass
        if self.errors:
            raise self.errors.pop()
        if stop.is_set():
            self.stopped.append(config)
            return None
        return Speed(train_batch=self.seconds, validation_batch=self.seconds, draws=0)


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def measurements(monkeypatch: pytest.MonkeyPatch) -> Measurements:
    measurements = Measurements()
    monkeypatch.setattr(cost, "measure", measurements)
    return measurements


@pytest.fixture
def finder(tmp_path: Path, sample_home: Path, clock: Time) -> Iterator[CostFinder]:
    library = DataLibrary(settings_in(sample_home))
    finder = CostFinder(
        settings_in(tmp_path / "home"), library, lambda: False, confirm_after_s=3600, clock=clock
    )
    yield finder
    finder.end()


def everything_is_done(queue: JobQueue) -> None:
    assert queue.submit("the last", lambda job: None).wait(LIMIT_S)


def test_two_visitors_who_ask_all_the_time_both_learn_their_costs(
    finder: CostFinder, measurements: Measurements
) -> None:
    finder.get(ANNAS, "anna")
    assert measurements.has_begun.wait(LIMIT_S)
    for _ in range(3):
        assert (finder.get(BENS, "ben"), finder.get(ANNAS, "anna")) == (None, None)

    measurements.may_end.set()
    everything_is_done(finder._queue)

    assert measurements.stopped == []
    assert measurements.begun == [ANNAS, BENS]
    assert None not in (finder.get(ANNAS), finder.get(BENS))


def test_runs_that_take_longer_than_was_measured_are_learnt_from(
    finder: CostFinder, measurements: Measurements
) -> None:
    measurements.may_end.set()
    finder.get(ANNAS, "anna")
    finder.get(BENS, "ben")
    everything_is_done(finder._queue)
    before = finder.get(BENS)
    assert before is not None
    half = (before.train_seconds + before.validation_seconds) / 2
    slow = SimpleNamespace(train_seconds=3 * half, val_seconds=0.0)
    run: Any = SimpleNamespace(config=ANNAS, epochs=[slow] * 3)

    finder.learn(run)

    after = finder.get(BENS)
    assert after is not None
    assert after.train_seconds == pytest.approx(1.5 * before.train_seconds)
    assert after.seconds_at_most == pytest.approx(after.epoch_seconds * BENS.max_epochs)
    assert after.memory_bytes == before.memory_bytes
    finder.learn(SimpleNamespace(config=ANNAS, epochs=[slow]))  # type: ignore[arg-type]
    assert finder.get(BENS) == after


def test_a_run_that_ends_while_a_page_asks_disturbs_no_page(
    finder: CostFinder, measurements: Measurements, monkeypatch: pytest.MonkeyPatch
) -> None:
    measurements.may_end.set()
    finder.get(ANNAS)
    everything_is_done(finder._queue)
    epoch = SimpleNamespace(train_seconds=1.0, val_seconds=0.0)
    sizes = iter(range(2, 12))

    def learn() -> None:
        config = ANNAS.changed(hidden_size=next(sizes))
        finder.learn(SimpleNamespace(config=config, epochs=[epoch] * 3))  # type: ignore[arg-type]

    def pace_of(config: TrainConfig, took: float) -> float | None:
        learn()  # as the trainer's thread may, at any moment
        return None

    for _ in range(3):
        learn()
    monkeypatch.setattr(finder, "_pace_of", pace_of)

    assert finder.get(ANNAS) is not None


def test_a_page_that_asks_while_costs_are_confirmed_disturbs_nothing(
    finder: CostFinder, measurements: Measurements, monkeypatch: pytest.MonkeyPatch
) -> None:
    measurements.may_end.set()
    for visitor, config in (("anna", ANNAS), ("ben", BENS)):
        finder.get(config, visitor)
    everything_is_done(finder._queue)
    by_value, visitors = TrainConfig.__hash__, iter(range(1_000))

    def hash_of(config: TrainConfig) -> int:
        finder._note_asked(f"another {next(visitors)}", CARLS)  # as a page may, at any moment
        return by_value(config)

    monkeypatch.setattr(TrainConfig, "__hash__", hash_of)

    finder._confirm()

    assert next(visitors) > 0


def test_a_cost_that_is_dropped_while_a_page_asks_disturbs_no_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    estimator = cost.CostEstimator()
    monkeypatch.setattr(
        cost, "measure", lambda *arguments: Speed(train_batch=1, validation_batch=1, draws=0)
    )
    estimator.estimate(ANNAS, None)

    key_of, asked = cost._key, []

    def key(*arguments: Any) -> tuple[object, ...]:
        asked.append(arguments)
        if len(asked) > 1:
            estimator._speeds.clear()  # as another measurement may, at any moment
        return key_of(*arguments)

    monkeypatch.setattr(cost, "_key", key)
    assert estimator.known(ANNAS, None) is not None


def test_a_run_that_was_faster_than_measured_says_so_of_its_own_settings_only(
    finder: CostFinder, measurements: Measurements
) -> None:
    measurements.may_end.set()
    finder.get(ANNAS, "anna")
    finder.get(BENS, "ben")
    everything_is_done(finder._queue)
    before = finder.get(ANNAS), finder.get(BENS)
    assert None not in before
    fast = SimpleNamespace(train_seconds=1.5, val_seconds=0.5)

    finder.learn(SimpleNamespace(config=ANNAS, epochs=[fast] * 3))  # type: ignore[arg-type]

    own = finder.get(ANNAS)
    assert own is not None
    assert own.train_seconds + own.validation_seconds == pytest.approx(2)
    assert finder.get(BENS) == before[1]


def test_a_first_measurement_is_confirmed_by_itself_and_the_faster_counts(
    tmp_path: Path, sample_home: Path, measurements: Measurements
) -> None:
    told: list[int] = []
    finder = CostFinder(
        settings_in(tmp_path / "home"),
        DataLibrary(settings_in(sample_home)),
        lambda: False,
        on_found=lambda: told.append(len(measurements.begun)),
        confirm_after_s=0,
    )
    measurements.may_end.set()
    measurements.seconds = 3.0  # beside a browser that still loads the page
    finder.get(ANNAS)
    everything_is_done(finder._queue)
    measurements.seconds = 1.0
    for _ in range(2):  # what is confirmed is not measured again
        first = finder.get(ANNAS)
        assert finder._timer is not None
        finder._timer.join(LIMIT_S)
        everything_is_done(finder._queue)
    confirmed = finder.get(ANNAS)

    assert measurements.begun == [ANNAS, ANNAS]
    assert told == [1, 2]
    assert first is not None
    assert confirmed is not None
    assert confirmed.is_confirmed
    assert confirmed.train_seconds == pytest.approx(first.train_seconds)
    finder.end()


def test_what_nobody_wants_any_more_is_left_out_when_its_turn_comes(
    finder: CostFinder, measurements: Measurements
) -> None:
    finder.get(ANNAS, "anna")
    assert measurements.has_begun.wait(LIMIT_S)
    finder.get(BENS, "ben")
    finder.get(CARLS, "ben")  # a slider that went on
    measurements.may_end.set()
    everything_is_done(finder._queue)
    assert measurements.begun == [ANNAS, CARLS]

    finder.get(BENS, "ben")
    everything_is_done(finder._queue)
    assert measurements.begun == [ANNAS, CARLS, BENS]


def test_a_training_empties_the_line(finder: CostFinder, measurements: Measurements) -> None:
    for hidden_size in range(10, 20):
        finder.get(ANNAS.changed(hidden_size=hidden_size), f"visitor {hidden_size}")
    assert measurements.has_begun.wait(LIMIT_S)

    finder.cancel()
    everything_is_done(finder._queue)

    assert measurements.begun == measurements.stopped
    assert len(measurements.begun) == 1


@pytest.mark.parametrize("error", [StorageError("The disk is full."), KeyError("a defect")])
def test_what_failed_says_so_and_is_tried_again_after_a_while(
    finder: CostFinder, measurements: Measurements, clock: Time, error: Exception
) -> None:
    measurements.errors = [error]
    measurements.may_end.set()
    finder.get(ANNAS)
    everything_is_done(finder._queue)
    for _ in range(3):
        with pytest.raises(StudioError, match=r"The disk is full|Unexpected KeyError: 'a defect'"):
            finder.get(ANNAS)

    clock.now_s += 60
    finder.get(ANNAS)
    everything_is_done(finder._queue)

    assert measurements.begun == [ANNAS, ANNAS]
    assert finder.get(ANNAS) is not None


def test_what_this_machine_cannot_do_is_asked_of_it_once(
    finder: CostFinder, measurements: Measurements, clock: Time
) -> None:
    measurements.errors = [EngineUnavailableError("It reads both ways.")]
    measurements.may_end.set()
    finder.get(ANNAS)
    everything_is_done(finder._queue)
    clock.now_s += 1e6

    with pytest.raises(StudioError, match="It reads both ways"):
        finder.get(ANNAS)


def test_faults_are_not_kept_without_end(clock: Time) -> None:
    faults = background.Faults(clock)
    for number in range(1000):
        faults.note(number, DataError(str(number)))

    assert [key for key in range(1000) if faults.of(key)] == list(range(936, 1000))


def test_baselines_that_failed_are_begun_anew_by_a_later_question(
    sample_home: Path, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(sample_home)
    library = DataLibrary(settings)
    outcomes: list[Callable[[], Baselines]] = [lambda: BASELINES, lambda: {}["a defect"]]
    monkeypatch.setattr(background, "compute", lambda *args, **kwargs: outcomes.pop()())
    fingerprint = library.load("sample").fingerprint
    dataset = SimpleNamespace(source="sample", fingerprint=fingerprint)
    run: Any = SimpleNamespace(id="a run", config=ANNAS, dataset=dataset)
    finder = BaselineFinder(settings, library, lambda: False, clock=clock)

    for _ in range(3):
        assert finder.get(run) is None
        everything_is_done(finder._queue)
    assert len(outcomes) == 1
    clock.now_s += 60
    assert finder.get(run) is None
    everything_is_done(finder._queue)

    assert finder.get(run) == BASELINES
    finder.end()
