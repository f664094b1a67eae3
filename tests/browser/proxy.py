"""What lies between a browser and the server: it may cut, hold back, or swallow what passes."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Final, Literal

_FEED: Final = b"GET /api/changes"
_END_OF_ANSWER: Final = b"0\r\n\r\n"  # of a chunked one
_BYTES: Final = 65_536


class Proxy:
    """Passes TCP connections on; a context manager.

    Attributes:
        feeds: how often the feed was asked for.

    Args:
        port: the server's, on this machine.
        holds_back: hold each of the feed's answers back until it has ended.
    """

    def __init__(self, port: int, *, holds_back: bool = False) -> None:
        self.feeds = 0
        self._port = port
        self._holds_back = holds_back
        self._is_cut = False
        self._links: list[_Link] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, name="proxy", daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        self.cut()

    @property
    def url(self) -> str:
        """What a browser is to open."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def cut(self) -> None:
        """End all connections, and those that come at once."""
        self._is_cut = True
        for link in self._links:
            link.close()

    def restore(self) -> None:
        """Let new connections pass."""
        self._is_cut = False

    def swallow_feeds(self) -> None:
        """Each feed that is open stays open, and nobody hears anything on it any more."""
        for link in self._links:
            link.is_dead = link.is_dead or link.is_feed

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listening.accept()
            except OSError:
                return
            if self._is_cut:
                browser.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._port))
            except OSError:  # it is not there just now
                browser.close()
                continue
            link = _Link(self, browser, server)
            self._links.append(link)
            link.start(self._holds_back)


class _Link:
    """One connection of a browser, and its counterpart."""

    def __init__(self, proxy: Proxy, browser: socket.socket, server: socket.socket) -> None:
        self.is_feed = self.is_dead = False
        self._proxy = proxy
        self._browser, self._server = browser, server

    def start(self, holds_back: bool) -> None:
        for way in ("ask", "answer"):
            threading.Thread(target=self._pass_on, args=(way, holds_back), daemon=True).start()

    def close(self) -> None:
        for end in (self._browser, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _pass_on(self, way: Literal["ask", "answer"], holds_back: bool) -> None:
        source, target = self._browser, self._server
        if way == "answer":
            source, target = target, source
        held = b""
        with suppress(OSError):
            while data := source.recv(_BYTES):
                if way == "ask":
                    self._note(data)
                if self.is_dead:
                    continue
                held += data
                is_held = way == "answer" and holds_back and self.is_feed
                if is_held and not held.endswith(_END_OF_ANSWER):
                    continue
                target.sendall(held)
                held = b""
        if not self.is_dead:
            self.close()

    def _note(self, data: bytes) -> None:
        if data.startswith(b"GET "):
            self.is_feed = data.startswith(_FEED)
            self._proxy.feeds += self.is_feed
