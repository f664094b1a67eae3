"""Pages without a browser: their scripts run on a studio that a test fills."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

import imdb_core.studio
from imdb_core.settings import Settings
from imdb_core.studio import Studio
from tests.browser.homes import lend, train
from tests.limits import LIMIT_S

PROJECT = Path(__file__).parents[2]
PAGES = ["app.py", *sorted(f"pages/{path.name}" for path in (PROJECT / "pages").glob("*.py"))]


AT_THE_COMPUTER = {"host": "localhost:8501", "origin": "http://localhost:8501"}
ELSEWHERE = {"host": "192.0.2.1:8501", "origin": "http://192.0.2.1:8501"}
"""What the browser of a visitor sends who is not at the server's own computer."""

OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory: pytest.TempPathFactory, sample_home: Path) -> Path:
    """A home with the sample and one finished run; read-only."""
    home = tmp_path_factory.mktemp("trained") / "home"
    lend(sample_home, "sample", home)
    train(home)
    return home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of the process's studio: empty, but a test module may put another in its place."""
    return tmp_path / "home"


@pytest.fixture
def home_with_a_run(tmp_path: Path, trained_home: Path) -> Path:
    """A copy of `trained_home`, to be changed at will."""
    return Path(shutil.copytree(trained_home, tmp_path / "home", symlinks=True))


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """The process's studio for one test; what it started has ended afterwards."""
    studio = Studio(Settings(home=home, aclimdb=None, keras_home=home.with_name("keras_home")))
    monkeypatch.setattr(imdb_core.studio, "_studio", studio)
    # Without a browser nobody sends a cookie; Streamlit's stand-in for a server says anything.
    monkeypatch.setattr(ContextProxy, "cookies", {})
    monkeypatch.setattr(ContextProxy, "headers", AT_THE_COMPUTER)
    yield studio
    jobs = [studio.job(run.id) for run in studio.queue()]
    for job in filter(None, jobs):
        job.stop()
        assert job.wait(LIMIT_S)
    studio.end_background_work()


@pytest.fixture
def open_page(studio: Studio) -> OpenPage:
    """Visit a page as a visitor does: the app first, then the page, with a query."""

    def open_page(page: str = "app.py", **query: str) -> AppTest:
        app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=LIMIT_S).run()
        app.query_params.update(query)
        return go(app, page)

    return open_page


def go(app: AppTest, page: str) -> AppTest:
    """Switch to `page`; it must run through."""
    app.switch_page(page).run()
    assert not app.exception, app.exception
    return app


def traces(app: AppTest, key: str) -> dict[str, dict[str, Any]]:
    """What a chart of the page draws, by the names of its curves and bars."""
    (chart,) = [each for each in app.get("plotly_chart") if each.proto.id.endswith(f"-{key}")]
    return {trace.get("name", ""): trace for trace in json.loads(chart.proto.spec)["data"]}
