"""A server for a class: `make class` lets others in by the address it was told, and only so."""

import re
import shlex
import subprocess

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.server import Server, own_address
from tests.conftest import PROJECT

pytestmark = pytest.mark.browser


def flags_of_make_class(host: str) -> list[str]:
    """What `make class` would hand to Streamlit, without its set-up."""
    command = ["make", "--dry-run", "--assume-old=setup", "class", f"HOST={host}"]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    _, _, started = told.stdout.replace("\\\n", " ").rpartition("streamlit run app.py")
    return shlex.split(started)


def test_a_class_opens_the_page_by_the_address_that_make_class_was_told(
    server: Server, open_tab: OpenTab
) -> None:
    host = own_address()
    server.start(flags=flags_of_make_class(f"{host} lab-pc"), is_fresh=True)
    pupil = open_tab(url=server.url_at(host))
    pupil.open()
    expect(pupil.button("train")).to_be_visible()
    at_the_server = open_tab()
    at_the_server.open()
    expect(at_the_server.button("train")).to_be_visible()

    stranger = open_tab(url=server.url_at("127.0.0.3"))
    stranger.page.goto(server.url_at("127.0.0.3"))
    stranger.sees("This server does not answer by this address")
    stranger.sees(re.compile('make class HOST=".*lab-pc 127.0.0.3"'))
    assert 'lab-pc 127.0.0.3"' in server.log_tail()
    stranger.faults.clear()  # the browser says in its console that it was refused


def test_make_class_without_an_address_says_what_is_missing() -> None:
    command = ["make", "--assume-old=setup", "class"]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert told.returncode == 2
    assert "make class HOST=192.168.1.20" in told.stdout
