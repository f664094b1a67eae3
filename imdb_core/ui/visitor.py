"""Who looks at a page: enough to tell one's own runs from others', and nothing more."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import streamlit as st
from streamlit import runtime
from streamlit.components.v2 import component

from imdb_core.hosts import is_from_this_computer
from imdb_core.runs.run import Run
from imdb_core.visitors import Visitor

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

    from imdb_core.data import SourceStatus

_COOKIE = "imdb_studio_visitor"
_VISITOR_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")
_REMEMBER = """
export default function ({ data }) {
  if (!document.cookie.includes(`${data.name}=`)) {
    document.cookie = `${data.name}=${data.id}; path=/; max-age=31536000; SameSite=Strict`;
  }
}
"""


def visitor_id() -> str:
    """A random name of this browser: from its cookie, or a new one."""
    if "visitor" not in st.session_state:
        known = st.context.cookies.get(_COOKIE, "")
        is_known = _VISITOR_ID.fullmatch(known) is not None
        st.session_state["visitor"] = known if is_known else secrets.token_urlsafe(16)
    visitor: str = st.session_state["visitor"]
    return visitor


def remember_visitor() -> None:
    """Leave the cookie that outlives a reload; takes no room, so it belongs at a page's end."""
    if runtime.exists():
        _cookie_writer()(
            key="visitor_cookie", data={"name": _COOKIE, "id": visitor_id()}, height="content"
        )


def this_visitor() -> Visitor:
    """Whoever looks at the page, for what is theirs and what they may do."""
    return Visitor(
        id=visitor_id(),
        is_at_computer=is_from_this_computer(st.get_option("server.address"), st.context.headers),
    )


def whose(made: Run | SourceStatus) -> str:
    """`yours` or `someone else's`; empty at the computer, where one person has all browsers."""
    visitor = this_visitor()
    if visitor.is_at_computer:
        return ""
    return "yours" if visitor.owns(made) else "someone else's"


def as_visitor(action: Callable[..., object]) -> Callable[..., object]:
    """`action` of a studio, done as whoever clicks by then, whoever the button was drawn for."""
    return lambda *arguments: action(*arguments, visitor=this_visitor())


@cache
def _cookie_writer() -> ComponentRenderer:
    return component("imdb_rnn_studio_visitor", js=_REMEMBER)
