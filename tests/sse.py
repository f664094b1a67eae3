"""Reads server-sent events as any client does that knows nothing of the program."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.limits import LIMIT_S


@dataclass(frozen=True)
class Message:
    """One message: its `id:`, if it has one, and what its `data:` says."""

    id: int | None
    data: Any


class Stream:
    """One connection.

    Args:
        url: of a server, with the stream's path.
        headers: to send with the question.
    """

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        address = urlsplit(url)
        self._connection = HTTPConnection(address.netloc, timeout=LIMIT_S)
        self._connection.request("GET", f"{address.path}?{address.query}", headers=headers or {})
        self._response = self._connection.getresponse()
        self.status = self._response.status
        self.headers = self._response.headers

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._response.close()
        self._connection.close()

    def body(self) -> Any:
        """All of an answer that is no stream."""
        content = self._response.read()
        return json.loads(content) if content else None

    def messages(self) -> Iterator[Message]:
        """As they come, until the server ends the stream; comments are none."""
        id: int | None = None
        while line := self._response.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "id":
                id = int(value)
            elif name == "data":
                yield Message(id, json.loads(value))
            elif not name:
                id = None
