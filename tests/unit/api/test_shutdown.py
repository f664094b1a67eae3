import http.client
from pathlib import Path

from tests.browser.server import Server


def test_ctrl_c_ends_a_server_whose_feed_is_being_read(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    server = Server(home)
    server.start()
    host, _, port = server.url.removeprefix("http://").partition(":")
    reader = http.client.HTTPConnection(host, int(port), timeout=60)
    reader.request("GET", "/api/changes")
    answer = reader.getresponse()
    assert answer.read(1) == b":"

    server.interrupt()

    answer.read()  # to its regular end
