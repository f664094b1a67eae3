"""Who sits at the server's own computer, told from what a browser or a proxy sends."""

import pytest

from imdb_core.hosts import is_from_this_computer, is_loopback, is_served, name_in

AT_HOME = {"Host": "localhost:8501", "Origin": "http://localhost:8501"}


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"])
def test_a_loopback_name_on_a_server_for_itself_is_the_computer(name: str) -> None:
    sent = {"host": f"{name}:8501", "origin": f"http://{name}:8501"}
    for address in ("127.0.0.1", "localhost", "::1"):
        assert is_from_this_computer(address, sent)


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.20", "unix:///s"])
def test_at_a_server_that_others_can_reach_nobody_is_the_computer(address: str | None) -> None:
    assert not is_from_this_computer(address, AT_HOME)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Host": "localhost:8501"},
        {"Host": "rnn.example.org", "Origin": "https://rnn.example.org"},
        {"Host": "127.0.0.1:8501", "Origin": "https://rnn.example.org"},
        {"Host": "localhost.example.org", "Origin": "http://localhost.example.org"},
        {"Host": "localhost:8501", "Origin": "null"},
        {"Host": "a@localhost:8501", "Origin": "http://localhost:8501"},
        {"Host": "localhost:8501", "Origin": "http://localhost:8501@example.org"},
        AT_HOME | {"X-Forwarded-For": "203.0.113.9"},
        AT_HOME | {"X-Forwarded-Host": "rnn.example.org"},
        AT_HOME | {"x-real-ip": "203.0.113.9"},
        AT_HOME | {"Forwarded": "for=203.0.113.9"},
        AT_HOME | {"Via": "1.1 proxy"},
    ],
)
def test_what_came_through_a_proxy_or_by_another_name_is_not_the_computer(
    sent: dict[str, str],
) -> None:
    assert not is_from_this_computer("127.0.0.1", sent)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("LOCALHOST:8501", "localhost"),
        ("lab-pc.", "lab-pc"),
        ("[fd00::2]:8501", "fd00::2"),
        ("192.168.1.20", "192.168.1.20"),
        ("a/b", ""),
        ("a:b", ""),
        ("u@h", ""),
        ("a;b", ""),
        ("$(a)", ""),
        ("[::1", ""),
        ("", ""),
    ],
)
def test_a_host_header_is_read_as_a_name_or_not_at_all(host: str, name: str) -> None:
    assert name_in(host) == name


def test_the_loopback_is_known_by_its_addresses_and_one_name() -> None:
    names = ["localhost", "127.0.0.2", "::1", "0.0.0.0", "example.org", ""]
    assert [is_loopback(name) for name in names] == [True, True, True, False, False, False]


@pytest.mark.parametrize(
    ("name", "allowed", "is_let_in"),
    [
        ("lab-pc", ["localhost", "Lab-PC."], True),
        ("lab", ["localhost", "lab-pc"], False),
        ("a.example.org", ["*.example.org"], True),
        ("example.org", ["*.example.org"], False),
        ("any.where", ["*"], True),
        ("any.where", [], True),
        ("", ["*"], False),
    ],
)
def test_a_server_answers_to_the_names_that_it_was_told(
    name: str, allowed: list[str], is_let_in: bool
) -> None:
    assert is_served(name, allowed) is is_let_in
