"""What a visitor may ask of a run, on real trainings of the sample."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from imdb_core.config import TrainConfig
from imdb_core.errors import (
    ConfigError,
    RunForbiddenError,
    RunNotFoundError,
    RunStateError,
    StorageError,
    TextError,
)
from imdb_core.runs.archive import as_zip
from imdb_core.runs.checkpoints import load_weights
from imdb_core.runs.run import Run
from imdb_core.scoring import Scorer
from imdb_core.studio import Studio
from imdb_core.visitors import NOBODY, Visitor
from tests.browser.homes import kept_from, lend
from tests.conftest import settings_in
from tests.limits import LIMIT_S

LONG = TrainConfig(source="sample", max_epochs=2000, patience=20, learning_rate=1e-5)
SHORT = LONG.changed(max_epochs=6, learning_rate=3e-3)
ANNA, BEN = Visitor(id="anna"), Visitor(id="ben")
AT_THE_COMPUTER = Visitor(id="carl", is_at_computer=True)


@pytest.fixture
def studio(tmp_path: Path, sample_home: Path) -> Iterator[Studio]:
    home = tmp_path / "home"
    lend(sample_home, "sample", home)
    studio = Studio(settings_in(home))
    try:
        yield studio
    finally:
        studio._training.end()
        studio.end_background_work()


@contextmanager
def nothing_trains(studio: Studio) -> Iterator[None]:
    """Keep the trainer from what is started meanwhile, so that it cannot be done too soon."""
    may_go_on = threading.Event()
    studio._training.submit("in the way", lambda job: may_go_on.wait(LIMIT_S) and None)
    try:
        yield
    finally:
        may_go_on.set()


def paused_at_once(studio: Studio, config: TrainConfig, visitor: Visitor = NOBODY) -> Run:
    """A run that pauses before its first epoch."""
    with nothing_trains(studio):
        run = studio.start(config, visitor=visitor)
        studio.pause(run.id, visitor=visitor)
    paused = ended(studio, run)
    assert (paused.state, paused.epochs) == ("paused", ())
    return paused


def ended(studio: Studio, run: Run) -> Run:
    """The run once its job is done."""
    job = studio.job(run.id)
    assert job is None or job.wait(LIMIT_S)
    return studio.store.get(run.id)


def after_epochs(studio: Studio, run: Run, epochs: int) -> None:
    """Wait until the run, which goes on by itself, has finished so many."""
    job = studio.job(run.id)
    assert job is not None
    while len(studio.store.get(run.id).epochs) < epochs:
        assert not job.wait(0.01), studio.store.get(run.id).ending


def losses(run: Run) -> list[tuple[float, float, float]]:
    return [(epoch.train_loss, epoch.val_loss, epoch.val_accuracy) for epoch in run.epochs]


def test_a_paused_run_goes_on_to_the_curve_of_an_undisturbed_one(studio: Studio) -> None:
    undisturbed = ended(studio, studio.start(SHORT))
    run = paused_at_once(studio, SHORT)

    for epochs in (1, 2, 3):
        stepped = ended(studio, studio.step(run.id))
        assert (stepped.state, len(stepped.epochs)) == ("paused", epochs)

    resumed = ended(studio, studio.resume(run.id))
    assert (resumed.state, resumed.reason) == ("finished", "max_epochs")
    assert losses(resumed) == losses(undisturbed)


def test_a_pause_keeps_the_finished_epochs_and_lets_the_next_run_start(studio: Studio) -> None:
    run = studio.start(LONG)
    after_epochs(studio, run, 2)
    studio.pause(run.id)
    paused = ended(studio, run)
    assert paused.state == "paused"
    assert len(paused.epochs) >= 2
    assert not studio.queue()

    assert ended(studio, studio.start(SHORT)).state == "finished"
    assert studio.store.get(run.id).state == "paused"


def test_the_last_step_that_the_settings_allow_ends_the_run(studio: Studio) -> None:
    run = paused_at_once(studio, SHORT.changed(max_epochs=1))
    stepped = ended(studio, studio.step(run.id))
    assert (stepped.state, stepped.reason) == ("finished", "max_epochs")


def test_a_changed_learning_rate_is_written_down_and_trained_with(studio: Studio) -> None:
    run = paused_at_once(studio, SHORT)
    studio.store.change(run.id, learning_rate=1e-5, patience=3)
    changed = studio.store.get(run.id)
    assert changed.state == "paused"
    assert [(change.epoch, change.settings) for change in changed.changes] == [
        (0, {"learning_rate": 1e-5, "patience": 3})
    ]

    resumed = ended(studio, studio.resume(run.id))
    slow = ended(studio, studio.start(SHORT.changed(learning_rate=1e-5)))
    assert losses(resumed) == losses(slow)
    assert resumed.config == SHORT  # what it began with stays as it was
    assert [resumed.config_of(epoch).learning_rate for epoch in (1, 6)] == [1e-5, 1e-5]
    assert resumed.config_in_force.patience == 3


def test_only_a_paused_run_and_only_some_settings_can_be_changed(studio: Studio) -> None:
    run = studio.start(SHORT)
    with pytest.raises(ConfigError, match="hidden_size cannot be changed"):
        studio.store.change(run.id, hidden_size=4)
    ended(studio, run)
    with pytest.raises(RunStateError, match="is finished"):
        studio.store.change(run.id, patience=3)


def test_kept_going_beyond_its_stop_it_trains_so_many_epochs_whatever_the_patience(
    studio: Studio,
) -> None:
    config = LONG.changed(learning_rate=0.05, patience=1, max_epochs=40)
    run = ended(studio, studio.start(config))
    assert run.reason == "patience"
    stop, best = len(run.epochs), run.best

    longer = ended(studio, studio.keep_going(run.id, 6))
    assert (len(longer.epochs), longer.first_stop, longer.state) == (stop + 6, stop, "finished")
    assert longer.epochs[:stop] == run.epochs
    assert longer.best is not None
    assert best is not None
    assert longer.best.val_loss == min(epoch.val_loss for epoch in longer.epochs)
    assert load_weights(longer.best_weights)[1] == longer.best.epoch
    assert f"Went on after its stop at epoch {stop} to epoch {stop + 6}." in longer.ending

    patient = ended(studio, studio.start(config.changed(patience=20, max_epochs=stop + 6)))
    assert losses(longer) == losses(patient)


def test_a_run_stopped_by_hand_is_resumed_and_not_kept_going(studio: Studio) -> None:
    run = studio.start(LONG)
    after_epochs(studio, run, 1)
    studio.stop(run.id)
    stopped = ended(studio, run)
    assert not stopped.can_keep_going
    with pytest.raises(RunStateError, match="cannot be kept going"):
        studio.keep_going(run.id, 5)
    assert stopped.is_resumable


def test_a_paused_run_can_be_stopped(studio: Studio) -> None:
    run = studio.start(LONG)
    after_epochs(studio, run, 1)
    studio.pause(run.id)
    ended(studio, run)
    studio.stop(run.id)
    stopped = studio.store.get(run.id)
    assert (stopped.state, stopped.reason) == ("stopped", "user")


def test_pinned_reviews_are_judged_after_every_epoch_as_the_score_page_judges_them(
    studio: Studio,
) -> None:
    texts = ("A wonderful film.", "  Dull,\nand far too long. ")
    run = ended(studio, studio.start(SHORT, pinned_texts=(*texts, " ")))
    assert run.pinned_texts == ("A wonderful film.", "Dull, and far too long.")
    assert [len(values) for values in run.pinned] == [2] * 6
    assert run.best is not None
    scorer = Scorer.load(run)
    for text, pinned in zip(texts, run.pinned[run.best.epoch - 1], strict=True):
        assert scorer.score(text).probability == pytest.approx(pinned, abs=1e-6)


@pytest.mark.parametrize("texts", [("a", "b", "c", "d"), ("...",), ("word " * 2000,)])
def test_texts_that_cannot_be_pinned_start_no_run(studio: Studio, texts: tuple[str, ...]) -> None:
    with pytest.raises(TextError):
        studio.start(SHORT, pinned_texts=texts)
    assert studio.store.all() == []


def test_superseded_runs_stop_and_those_without_an_epoch_are_gone(studio: Studio) -> None:
    first = studio.start(LONG, visitor=ANNA)
    waiting = studio.start(LONG, visitor=ANNA)
    others = studio.start(SHORT, visitor=BEN)
    after_epochs(studio, first, 1)
    jobs = [studio.job(run.id) for run in (first, waiting, others)]
    with pytest.raises(TextError):
        studio.start(SHORT, visitor=ANNA, pinned_texts=["..."], supersedes=True)
    assert [run.id for run in studio.queue()] == [first.id, waiting.id, others.id]

    last = studio.start(SHORT, visitor=ANNA, supersedes=True)
    jobs.append(studio.job(last.id))
    assert all(job is not None and job.wait(LIMIT_S) for job in jobs)

    assert studio.store.get(first.id).reason == "user"
    assert studio.store.get(last.id).reason == "max_epochs"
    assert studio.current(ANNA).id == last.id
    assert studio.store.get(others.id).reason == "max_epochs"
    with pytest.raises(RunNotFoundError):
        studio.store.get(waiting.id)
    assert studio.store.deleted() == []


def test_a_run_that_is_gone_before_its_job_is_left_out_of_the_queue(studio: Studio) -> None:
    first, gone = studio.start(LONG), studio.start(LONG)
    shutil.rmtree(gone.folder)
    assert [run.id for run in studio.queue()] == [first.id]


def test_a_waiting_run_that_is_cancelled_has_left_the_queue_and_no_run_behind(
    studio: Studio,
) -> None:
    first, waiting, last = (studio.start(LONG) for _ in range(3))
    after_epochs(studio, first, 1)

    studio.stop(waiting.id)

    assert [run.id for run in studio.store.all()] == [last.id, first.id]
    assert [(run.id, run.state) for run in studio.queue()] == [
        (first.id, "training"),
        (last.id, "queued"),
    ]
    assert studio.place(last.id) == 1


def test_a_resumed_run_that_is_stopped_while_it_waits_is_what_it_was_before(studio: Studio) -> None:
    run = ended(studio, studio.start(SHORT.changed(max_epochs=1)))
    after_epochs(studio, studio.start(LONG), 1)
    studio.keep_going(run.id, 5)

    studio.stop(run.id)

    cancelled = studio.store.get(run.id)
    assert (cancelled.state, cancelled.reason) == ("finished", "max_epochs")
    assert cancelled.epochs == run.epochs
    assert cancelled.can_keep_going


def test_a_run_is_whose_who_resumed_it_and_they_see_it_when_it_has_ended_too(
    studio: Studio,
) -> None:
    older = ended(studio, studio.start(SHORT.changed(max_epochs=1), visitor=ANNA))
    ended(studio, studio.start(SHORT, visitor=BEN))

    resumed = studio.keep_going(older.id, 5, visitor=BEN)
    assert studio.visitor_of(older.id) == BEN.mark
    ended(studio, resumed)
    shown = studio.current(BEN)
    assert shown is not None
    assert shown.id == older.id


def test_a_paused_run_stays_with_whoever_paused_it(studio: Studio) -> None:
    run = paused_at_once(studio, SHORT, visitor=ANNA)
    ended(studio, studio.step(run.id, visitor=AT_THE_COMPUTER))
    assert studio.visitor_of(run.id) == ANNA.mark
    ended(studio, studio.resume(run.id, visitor=AT_THE_COMPUTER))
    assert studio.visitor_of(run.id) == ANNA.mark


def test_background_work_that_is_ended_leaves_no_process_and_no_thread(studio: Studio) -> None:
    config = SHORT.changed(validation_fraction=0.31)  # no other test has found its baselines
    run = ended(studio, studio.start(config))
    assert studio.warm_up().wait(LIMIT_S)
    before = set(threading.enumerate())

    def background() -> set[str]:
        return {thread.name for thread in set(threading.enumerate()) - before}

    assert (studio.baselines(run), studio.cost(config)) == (None, None)
    judging = studio.evaluator.begin(run, "test", studio.library)
    studio.evaluator.baselines(run, studio.library, studio.settings.data_folder)
    at_work = {"baselines", "cost", "evaluation", "evaluation-baselines"}
    assert background() == at_work

    studio.end_background_work()
    assert background() == set()
    workers = [child.cmdline() for child in psutil.Process().children()]
    assert not any("_worker" in part for command in workers for part in command)
    assert judging.is_done

    assert studio.baselines(run) is None
    assert studio.evaluator.job(run, "test") is None  # so a page begins it anew
    assert background() == {"baselines"}


def test_one_sees_the_own_run_and_only_at_the_computer_the_one_at_work(studio: Studio) -> None:
    first = studio.start(LONG, visitor=ANNA)
    waiting = studio.start(LONG, visitor=BEN)
    newcomer = Visitor(id="new")
    shown = [studio.current(visitor) for visitor in (ANNA, BEN, AT_THE_COMPUTER, newcomer, NOBODY)]
    assert [run and run.id for run in shown] == [first.id, waiting.id, first.id, None, None]
    assert studio.place(waiting.id) == 1


def test_a_visitor_whose_last_run_is_gone_or_damaged_sees_the_one_before(studio: Studio) -> None:
    first, second, third = (studio.start(SHORT, visitor=ANNA) for _ in range(3))
    others = studio.start(SHORT, visitor=BEN)
    assert ended(studio, others).reason == "max_epochs"

    studio.store.delete(third.id)
    assert studio.current(ANNA).id == second.id
    (second.folder / "run.json").write_text("{")
    assert studio.current(ANNA).id == first.id


def test_where_nothing_can_be_written_a_studio_shows_what_there_is(
    studio: Studio, sample_home: Path
) -> None:
    run = ended(studio, studio.start(SHORT))
    lock = studio.store.folder / ".lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()  # in its place, so that root is refused, too

    opened = Studio(studio.settings)

    assert [each.id for each in opened.store.all()] == [run.id]
    with pytest.raises(StorageError, match="runs could not be written"):
        opened.store.rename(run.id, "another name")


def test_a_start_and_a_deletion_that_meet_do_not_wait_for_each_other_for_ever(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one holds the starting lock and wants the runs', the other the other way round."""
    run = studio.store.create(SHORT)
    asked = threading.Event()

    def ask(run_id: str) -> bool:
        asked.set()
        return studio._is_own_job(run_id)

    monkeypatch.setattr(studio.store.shelf, "_is_own_job", ask)
    deletion = threading.Thread(target=studio.store.delete, args=(run.id,))
    with studio._starting:
        deletion.start()
        assert asked.wait(LIMIT_S)
        with pytest.raises(RunNotFoundError):
            studio.store.claim(run.id)
    deletion.join()


def hold(studio: Studio, run: Run, visitor: Visitor) -> list[bool]:
    """Which of all that one may ask of a run at work or paused is not forbidden to the visitor."""
    wishes: list[Callable[[], object]] = [
        lambda: studio.pause(run.id, visitor=visitor),
        lambda: studio.step(run.id, visitor=visitor),
        lambda: studio.resume(run.id, visitor=visitor),
        lambda: studio.change(run.id, visitor=visitor, patience=7),
        lambda: studio.stop(run.id, visitor=visitor),
        lambda: studio.delete(run.id, visitor=visitor),
    ]
    return [is_allowed(wish) for wish in wishes]


def is_allowed(wish: Callable[[], object]) -> bool:
    try:
        wish()
    except RunForbiddenError:
        return False
    except RunStateError:
        pass  # it is not in the state for that
    return True


@pytest.mark.parametrize("visitor", [BEN, NOBODY, Visitor(id=ANNA.mark)])
def test_only_whoever_started_a_run_has_a_hold_on_it(studio: Studio, visitor: Visitor) -> None:
    paused = paused_at_once(studio, SHORT, visitor=ANNA)
    with nothing_trains(studio):
        waiting = studio.start(LONG, visitor=ANNA)
        assert hold(studio, paused, visitor) == [False] * 6
        assert hold(studio, waiting, visitor)[0] is hold(studio, waiting, visitor)[4] is False
        assert [studio.store.get(run.id).state for run in (paused, waiting)] == ["paused", "queued"]
        studio.stop(waiting.id, visitor=ANNA)
    assert studio.change(paused.id, visitor=ANNA, patience=7).state == "paused"
    studio.delete(paused.id, visitor=ANNA)


def test_whoever_sits_at_the_computer_has_a_hold_on_every_run(studio: Studio) -> None:
    with nothing_trains(studio):
        run = studio.start(LONG, visitor=ANNA)
        studio.stop(run.id, visitor=AT_THE_COMPUTER)
    assert not studio.queue()


def test_whose_a_run_is_outlives_a_restart_and_does_not_leave_the_computer(
    studio: Studio, tmp_path: Path
) -> None:
    paused = paused_at_once(studio, SHORT, visitor=ANNA)
    ended(studio, studio.start(SHORT.changed(max_epochs=1), visitor=BEN))

    restarted = Studio(studio.settings)
    with pytest.raises(RunForbiddenError, match="somebody else's run"):
        restarted.stop(paused.id, visitor=BEN)
    shown = restarted.current(ANNA)
    assert shown is not None
    assert (shown.id, ANNA.owns(shown), BEN.owns(shown)) == (paused.id, True, False)
    assert ANNA.mark.encode() not in as_zip(paused)
    assert ANNA.id.encode() not in (paused.folder / "events.jsonl").read_bytes()


def test_a_run_that_nobody_is_known_to_have_started_is_for_the_computer_only(
    studio: Studio,
) -> None:
    run = paused_at_once(studio, SHORT)
    with pytest.raises(RunForbiddenError, match="Nobody knows who started"):
        studio.stop(run.id, visitor=BEN)
    studio.stop(run.id, visitor=AT_THE_COMPUTER)


def test_a_resumption_that_is_cancelled_leaves_the_run_to_whoever_had_it(studio: Studio) -> None:
    run = ended(studio, studio.start(SHORT.changed(max_epochs=1), visitor=ANNA))
    with nothing_trains(studio):
        studio.keep_going(run.id, 5, visitor=BEN)
        studio.stop(run.id, visitor=BEN)
    assert ANNA.owns(studio.store.get(run.id))


def test_whatever_is_done_to_a_run_is_told_to_those_who_show_it(studio: Studio) -> None:
    def is_told(run: Run) -> bool:
        """Since it was asked last."""
        nonlocal mark
        last, runs = studio.changes.last(f"run/{run.id}"), studio.changes.last("runs")
        assert last is not None
        assert runs is not None
        since, mark = mark, studio.changes.mark()
        return min(last.version, runs.version) > since

    mark = studio.changes.mark()
    with nothing_trains(studio):
        run, waiting = studio.start(SHORT), studio.start(SHORT)
        assert is_told(run)
        studio.pause(run.id)
        assert is_told(run)
        studio.stop(waiting.id)
        assert is_told(waiting)
    ended(studio, run)
    assert is_told(run)
    ended(studio, studio.step(run.id))
    assert is_told(run)
    studio.stop(run.id)
    assert is_told(run)


def test_a_preparation_is_told_when_it_begins_and_ends(studio: Studio) -> None:
    mark = studio.changes.mark()
    with kept_from(studio.settings.home, "sample"):
        job = studio.prepare("sample")
        begun = studio.changes.last("preparation")
        assert begun is not None
        assert begun.version > mark
    assert job.wait(LIMIT_S)
    last, done = studio.changes.last("preparation"), studio.changes.last(job.topic)
    assert last is not None
    assert done is not None
    assert min(last.version, done.version) > begun.version
