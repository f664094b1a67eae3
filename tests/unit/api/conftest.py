"""The feed's routes in a real HTTP server, on a studio that a test fills."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

import imdb_core.studio
from imdb_core.api import routes
from imdb_core.studio import Studio
from tests.conftest import settings_in
from tests.limits import LIMIT_S
from tests.other_program import OtherProgram, OtherRun


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """The process's studio for one test."""
    studio = Studio(settings_in(home))
    monkeypatch.setattr(imdb_core.studio, "_studio", studio)
    routes._feed.cache_clear()
    yield studio
    routes._feed.cache_clear()
    studio.end_background_work()


@pytest.fixture
def url(studio: Studio) -> Iterator[str]:
    """The address of a server that runs."""
    config = uvicorn.Config(
        Starlette(routes=routes.routes()), port=0, ws="none", lifespan="off",
        log_level="error", timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    started = threading.Event()
    startup = server.startup

    async def start(*args: object, **named: object) -> None:
        await startup(*args, **named)  # type: ignore[arg-type]
        started.set()

    server.startup = start  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, name="api", daemon=True)
    thread.start()
    assert started.wait(LIMIT_S)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(LIMIT_S)


@pytest.fixture
def other_run(studio: Studio, other_program: OtherProgram) -> OtherRun:
    """A run at work in another process."""
    return other_program.begin(studio.settings.home)


@pytest.fixture
def mortal_program() -> Iterator[OtherProgram]:
    """Another process, to be killed."""
    program = OtherProgram()
    yield program
    program.kill()
