"""By which names this computer is called, and whether it was the computer itself that called."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")
"""What a browser calls the computer that it runs on."""

_LEFT_BY_PROXIES: Final = ("forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip",
                           "cf-connecting-ip")  # fmt: skip
_LEFT_BY_PROXIES_TOO: Final = "x-forwarded-"


def name_in(host: str) -> str:
    """The name in a Host header, without port and in small letters; empty if there is none."""
    try:
        parts = urlsplit(f"//{host.strip()}")
        _ = parts.port  # says whether it is a number
    except ValueError:
        return ""
    is_plain = parts.netloc == host.strip() and "@" not in parts.netloc
    return (parts.hostname or "").rstrip(".") if is_plain else ""


def is_loopback(name: str) -> bool:
    """Whether a name or address can only mean the computer that uses it."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


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
