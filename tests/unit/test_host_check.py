"""Whoever calls the server by a name it does not have is told what to do, in page and log."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from imdb_core.api.hosts import HostCheck

ALLOWED = ["localhost", "192.168.1.20", "*.school.example"]


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> HostCheck:
    get_option = config.get_option
    monkeypatch.setattr(
        config, "get_option",
        lambda name: ALLOWED if name == "server.allowedHosts" else get_option(name),
    )  # fmt: skip
    return HostCheck(Starlette(routes=[Route("/", lambda request: PlainTextResponse("in"))]))


def answer(app: HostCheck, host: str | None) -> tuple[int, str]:
    """Status and body of GET / called by this Host."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [] if host is None else [(b"host", host.encode("latin-1"))]
    scope = {
        "type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"",
        "headers": headers, "http_version": "1.1", "scheme": "http", "root_path": "",
    }  # fmt: skip
    with ThreadPoolExecutor(1) as thread:  # this one may have a browser's event loop
        thread.submit(asyncio.run, app(scope, receive, send)).result()
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], body.decode()


@pytest.mark.parametrize("host", ["localhost:8501", "192.168.1.20", "LAB.school.example:80"])
def test_a_name_of_the_server_is_let_in(guarded: HostCheck, host: str) -> None:
    assert answer(guarded, host) == (200, "in")


@pytest.mark.parametrize(
    "host", ["192.168.1.21:8501", "school.example", "localhost.evil.example", "", None, "a b"]
)
def test_any_other_is_refused_as_its_websocket_would_be(
    guarded: HostCheck, host: str | None
) -> None:
    assert not is_host_allowed(host)
    status, page = answer(guarded, host)
    assert status == 421
    assert "This server does not answer by this address" in page


def test_the_page_and_the_log_name_the_command_that_helps(
    guarded: HostCheck, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            _, page = answer(guarded, "10.0.0.5:8501")
    command = 'make class HOST="192.168.1.20 *.school.example 10.0.0.5"'
    assert command in page.replace("&quot;", '"')
    assert "--server.allowedHosts 10.0.0.5" in page
    (said,) = [record.getMessage() for record in caplog.records]
    assert command in said


def test_what_a_browser_calls_the_server_is_neither_markup_nor_a_command(
    guarded: HostCheck, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for number in range(100):
            _, page = answer(guarded, f"<script>;rm{number}")
    assert "<script>" not in page
    assert "rm" not in page.partition("HOST=")[2]
    assert len(caplog.records) <= 20
