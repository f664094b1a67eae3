"""The addresses that pages ask beside Streamlit's, and who is answered there."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from types import FrameType
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from streamlit import config

from imdb_core.api.feed import PUBLIC_TOPICS, RUN_ID, STILL_HERE, Feed, Reader
from imdb_core.errors import RunError, StorageError
from imdb_core.runs.event_log import read_events
from imdb_core.studio import the_studio
from imdb_core.ui.live import plotly_script

_ONCE_WITHIN_S: Final = 10.0
_MOST_TOPICS: Final = 500
_NAME = re.compile(r"[\w./-]{1,100}")
_NUMBER = re.compile(r"[0-9]{1,18}")
_HEADERS: Final = {
    # A proxy neither keeps it, nor packs it, nor holds it back until it is large.
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}
_KEPT: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Encoding": "gzip",
    "X-Content-Type-Options": "nosniff",
}
_LAST_EVENTS: Final = {"stopped", "failed", "interrupted"}


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """Let the feed's readers go when the server is asked to end: else it would wait for them."""
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def end(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(_feed().close)
        handler = handlers[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in handlers:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def routes() -> list[Route]:
    """The feed's routes and Plotly's script, below the address that the pages have."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    prefix = f"/{base}/api" if base else "/api"
    return [
        Route(f"{prefix}/changes", changes, methods=["GET"]),
        Route(f"{prefix}/runs/{{run_id}}/events", run_events, methods=["GET"]),
        Route(f"{prefix}/{plotly_script.NAME}", plotly, methods=["GET"]),
    ]


async def changes(request: Request) -> Response:
    """What pages wait for.

    `?topic=NAME` or `?topic=NAME@STAMP` names a topic, with what is known of it, and may be
    repeated. `?run=ID@SEQ` adds a run's events after that one. Without any of these it is about
    all topics that are open to everybody. `?once=1` ends the answer with the first news, or after
    some seconds.
    """
    refused = _refused(request)
    if refused is not None:
        return refused
    try:
        topics = _numbered(request.query_params.getlist("topic"))
        runs = _numbered(request.query_params.getlist("run"))
        if not topics and not runs:
            topics = dict.fromkeys(PUBLIC_TOPICS, 0)
        if wrong := [run_id for run_id in runs if not RUN_ID.fullmatch(run_id)]:
            raise ValueError(f"{wrong[0]!r} is no run's id.")
    except ValueError as error:
        return _fault(400, str(error))
    if last := _last_event_id(request):
        topics = {topic: max(last, stamp) for topic, stamp in topics.items()}
    once = _ONCE_WITHIN_S if request.query_params.get("once") else None
    return _stream(Reader(_feed(), topics, runs).stream(once_within_s=once))


async def run_events(request: Request) -> Response:
    """One run's events: `id:` is the number, `data:` the event; ends after the run's last one.

    Whoever has them all already gets an empty answer, 204, which ends their asking.
    """
    refused = _refused(request)
    if refused is not None:
        return refused
    run_id = request.path_params["run_id"]
    after = _last_event_id(request) or _number(request.query_params.get("after", "0"))
    if after is None:
        return _fault(400, "'after' must be the number of an event, such as 12.")
    try:
        run = the_studio().store.get(run_id)
        known = len(read_events(run.folder / "events.jsonl"))
    except RunError as error:
        return _fault(404, str(error))
    except StorageError as error:
        return _fault(503, str(error))
    if after == known and _has_ended(run_id):
        return Response(status_code=204, headers=dict(_HEADERS))
    return _stream(_single(run_id, after))


async def plotly(request: Request) -> Response:
    """Plotly's script, for a browser to keep for good.

    Streamlit sends files without a lifetime, so that a browser would ask for it on every visit,
    and compile it each time: only of what it keeps does it keep the compiled code, too.
    """
    packed = await asyncio.to_thread(plotly_script.packed)
    return Response(packed, media_type="text/javascript", headers=dict(_KEPT))


async def _single(run_id: str, after: int) -> AsyncIterator[bytes]:
    """One run, an event a message."""
    async for chunk in Reader(_feed(), {}, {run_id: after}).stream():
        if not chunk.startswith(b"data: "):
            yield chunk
            if chunk == STILL_HERE and _has_ended(run_id):
                return  # its process has died and wrote nothing
            continue
        for message in chunk.split(b"\n\n"):
            if not message:
                continue
            events = json.loads(message[len(b"data: ") :]).get("events", [])
            yield b"".join(
                f"id: {event['seq']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
                for event in events
            )
            if events and events[-1]["event"] in _LAST_EVENTS:
                return


def _has_ended(run_id: str) -> bool:
    try:
        run = the_studio().store.get(run_id)
    except RunError:  # deleted
        return True
    except StorageError:  # it may go again in a moment
        return False
    return not run.is_live and run.state != "paused"


@cache
def _feed() -> Feed:
    return Feed(the_studio())


def _stream(chunks: AsyncIterator[bytes]) -> Response:
    return StreamingResponse(chunks, media_type="text/event-stream", headers=dict(_HEADERS))


def _numbered(named: Iterable[str]) -> Mapping[str, int]:
    """`NAME@NUMBER` or `NAME`, each; ValueError says what is wrong."""
    found: dict[str, int] = {}
    for each in named:
        name, _, number = each.partition("@")
        stamp = _number(number or "0")
        if not _NAME.fullmatch(name) or ".." in name or stamp is None:
            raise ValueError(f"{each[:60]!r} is no name with a number, such as 'queue@12'.")
        found[name] = stamp
    if len(found) > _MOST_TOPICS:
        raise ValueError(f"At most {_MOST_TOPICS} names at once; these are {len(found)}.")
    return found


def _last_event_id(request: Request) -> int:
    return _number(request.headers.get("last-event-id", "")) or 0


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None


def _refused(request: Request) -> Response | None:
    """An answer for a page of another site that asks in a visitor's name; else None."""
    origin = request.headers.get("origin")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if is_foreign or request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return _fault(403, "Only this server's own pages may read this.")
    return None


def _fault(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status_code=status, headers=dict(_HEADERS))
