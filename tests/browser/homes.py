"""Home folders as a visitor may find them; what is prepared once is shared by links."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from imdb_core.config import TrainConfig
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.settings import Settings
from imdb_core.studio import Studio
from tests.limits import LIMIT_S

SHORT = TrainConfig(source="sample", max_epochs=2)


def lend(prepared_home: Path, source: str, home: Path) -> None:
    """Let `home` have a source that another one prepared."""
    (home / "data").mkdir(parents=True, exist_ok=True)
    (home / "data" / source).symlink_to(prepared_home / "data" / source)


@contextmanager
def kept_from(home: Path, source: str) -> Iterator[None]:
    """Whatever wants to train on the source waits, as for another process that prepares it."""
    ready = home / "data" / source
    hidden = ready.with_name(f".{source}.hidden")  # what is ready waits for nobody
    with FileLock(home / "data" / f".{source}.lock"):
        ready.rename(hidden)
        yield
        hidden.rename(ready)


def train(home: Path, config: TrainConfig = SHORT, *, label: str = "") -> Run:
    """A run in `home`, trained to its end in this process."""
    studio = Studio(Settings(home=home, aclimdb=None, keras_home=home.with_name("keras_home")))
    run_id = studio.start(config, label=label).id
    job = studio.job(run_id)
    assert job is None or job.wait(LIMIT_S), "the training took too long"
    run = studio.store.get(run_id)
    assert run.state == "finished", run.ending
    return run


def runs(home: Path) -> list[Run]:
    """Oldest first, as their folders tell."""
    return RunStore(home / "runs").all()[::-1]


def find(home: Path, called: str) -> Run:
    """The run of this id or name."""
    return next(run for run in runs(home) if called in (run.id, run.name))


def states(home: Path) -> list[str]:
    """What the runs are at, oldest first."""
    return [run.state for run in runs(home)]
