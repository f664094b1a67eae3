"""Refuses who calls this server by a name that it was not told of, and says what to do."""

from __future__ import annotations

import logging
from html import escape
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config

from imdb_core.hosts import LOOPBACK_NAMES, is_loopback, is_served, name_in

logger = logging.getLogger(__name__)

_MOST_LOGGED: Final = 20
_MISDIRECTED: Final = 421
_EXAMPLE: Final = "192.168.1.20"
_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not by this address · IMDB RNN Studio</title>
<style>
body {{ font: 1.05rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 12vh auto;
  padding: 0 1rem; color: #1c2430; background: #fcfbf8; }}
code {{ display: block; padding: .6rem .8rem; overflow-x: auto; background: #f1efe8; }}
</style>
<h1>This server does not answer by this address</h1>
<p>Your browser called it <b>{name}</b>. It answers to: {allowed}.</p>
<p>If you run it, stop it, and start it again for those who call it so:</p>
<code>make class HOST="{names}"</code>
<p>or, without make:</p>
<code>python -m streamlit run app.py {flags}</code>
<p>If somebody else runs it, show them this page.</p>
</html>
"""


class HostCheck:
    """Guards plain HTTP as `server.allowedHosts` guards the websocket.

    Without it, the page of an unknown name loads and stays empty, for its websocket is refused.
    The list is Streamlit's own, and keeps pages of other sites from reading this server by a
    name of theirs (DNS rebinding).

    Args:
        app: what answers those who are let through.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._logged: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        allowed: list[str] = config.get_option("server.allowedHosts")
        host = Headers(scope=scope).get("host", "") if scope["type"] == "http" else ""
        if scope["type"] != "http" or is_served(name_in(host), allowed):
            await self._app(scope, receive, send)
            return
        self._log(host, allowed)
        await _refusal(host, allowed)(scope, receive, send)

    def _log(self, host: str, allowed: list[str]) -> None:
        """Say it once for each name, and not for more names than a log can bear."""
        if host not in self._logged and len(self._logged) < _MOST_LOGGED:
            self._logged.add(host)
            logger.warning(
                "Refused a browser that called this server %r. Start it for that name, too: "
                'make class HOST="%s"',
                host[:100],
                " ".join(_names(host, allowed)),
            )


def _refusal(host: str, allowed: list[str]) -> HTMLResponse:
    names = _names(host, allowed)
    flags = [f"--server.allowedHosts {name}" for name in (*LOOPBACK_NAMES[:2], *names)]
    content = _PAGE.format(
        name=escape(name_in(host) or host[:100] or "nothing"),
        allowed=escape(", ".join(allowed)),
        names=escape(" ".join(names)),
        flags=escape(" ".join(["--server.address 0.0.0.0", *flags])),
    )
    return HTMLResponse(content, status_code=_MISDIRECTED, headers={"Cache-Control": "no-store"})


def _names(host: str, allowed: list[str]) -> list[str]:
    """Those by which others call the server by now, and the one that was refused."""
    return [*(name for name in allowed if not is_loopback(name)), name_in(host) or _EXAMPLE]
