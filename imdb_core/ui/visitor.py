"""Who looks at a page: enough to tell one's own runs from others', and nothing more."""

from __future__ import annotations

import re
import secrets
from functools import cache
from typing import TYPE_CHECKING

import streamlit as st
from streamlit import runtime
from streamlit.components.v2 import component

from imdb_core.runs.run import Run
from imdb_core.studio import Studio

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

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


def may_control(studio: Studio, run: Run) -> bool:
    """Whether this visitor may stop or pause the run.

    Whoever started it may; so may everybody at the server's own computer, and everybody
    once the server has forgotten who it was.
    """
    owner = studio.visitor_of(run.id)
    return owner is None or owner == visitor_id() or st.context.ip_address is None


@cache
def _cookie_writer() -> ComponentRenderer:
    return component("imdb_rnn_studio_visitor", js=_REMEMBER)
