import http.client
from contextlib import closing
from pathlib import Path

from tests.browser.server import Server


def test_ctrl_c_ends_a_server_whose_feed_is_being_read(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    server = Server(home)
    server.start(is_fresh=True)
    host, _, port = server.url.removeprefix("http://").partition(":")
    with closing(http.client.HTTPConnection(host, int(port), timeout=60)) as reader:
        reader.request("GET", "/api/changes")
        with reader.getresponse() as answer:
            assert answer.read(1) == b":"

            server.interrupt()

            answer.read()  # to its regular end
