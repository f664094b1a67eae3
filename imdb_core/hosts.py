"""By which names this computer is called, and whether it was the computer itself that called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")
"""What a browser calls the computer that it runs on."""

# Nothing else: a name may come to stand in a log, and in a command to be copied.
_NAME: Final = re.compile(r"[a-z0-9._:%-]+")
_LEFT_BY_PROXIES: Final = ("forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip",
                           "cf-connecting-ip")  # fmt: skip
_LEFT_BY_PROXIES_TOO: Final = "x-forwarded-"


def name_in(host: str) -> str:
    """The name in a Host header, without port and in small letters; empty if there is none."""
    if "@" in host:
        return ""
    try:
        parts = urlsplit(f"//{host.strip()}")
        _ = parts.port  # says whether it is a number
    except ValueError:
        return ""
    name = (parts.hostname or "").rstrip(".")
    return name if parts.netloc == host.strip() and _NAME.fullmatch(name) else ""


def is_loopback(name: str) -> bool:
    """Whether a name or address can only mean the computer that uses it."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def is_served(name: str, allowed: Iterable[str]) -> bool:
    """Whether a server that answers to these names answers to this one.

    Args:
        name: as `name_in` gives it.
        allowed: as Streamlit's `server.allowedHosts`: names, `*.example.org` for all below
            one, `*` for any; none at all allows any, too.
    """
    patterns = [pattern.strip().lower().rstrip(".") for pattern in allowed]
    return not patterns or any(
        pattern == "*" or pattern == name or (pattern[:2] == "*." and name.endswith(pattern[1:]))
        for pattern in patterns
        if name
    )


def is_from_this_computer(server_address: str | None, headers: Mapping[str, str]) -> bool:
    """Whether a browser on the server's own computer sent this, as far as that can be told.

    The sender's address tells nothing: behind a proxy on this computer, everybody has the
    loopback's. So the server must listen on the loopback only, and both the name that was called
    and the page that called must be the loopback's; a proxy may put another name into Host, but
    leaves Origin as the browser wrote it.

    Args:
        server_address: where the server listens; None or empty for all addresses.
        headers: of a websocket's request, where every browser sends Origin.
    """
    sent = {name.lower(): value for name, value in headers.items()}
    if any(name in _LEFT_BY_PROXIES or name.startswith(_LEFT_BY_PROXIES_TOO) for name in sent):
        return False
    scheme, _, origin = sent.get("origin", "").partition("://")
    return (
        is_loopback(server_address or "")
        and is_loopback(name_in(sent.get("host", "")))
        and scheme in ("http", "https")
        and is_loopback(name_in(origin))
    )
