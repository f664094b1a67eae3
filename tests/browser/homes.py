"""Home folders as a visitor may find them; what is prepared once is shared by links."""

from pathlib import Path

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.runs.execution import execute
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.settings import Settings

SHORT = TrainConfig(source="sample", max_epochs=2)


def lend(prepared_home: Path, source: str, home: Path) -> None:
    """Let `home` have a source that another one prepared."""
    (home / "data").mkdir(parents=True, exist_ok=True)
    (home / "data" / source).symlink_to(prepared_home / "data" / source)


def train(home: Path, config: TrainConfig = SHORT, *, label: str = "") -> Run:
    """A run in `home`, trained here and now to its end."""
    store = RunStore(home / "runs")
    library = DataLibrary(Settings(home=home, aclimdb=None, keras_home=home / "keras"))
    run = store.create(config, label=label)
    return execute(run.id, store, library, is_stop_requested=lambda: False)
