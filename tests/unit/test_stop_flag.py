import pytest

from imdb_core.stop_flag import StopFlag


class AnotherThreadStops(StopFlag):
    """Stopped by another thread in the moment after it was looked at."""

    def is_set(self) -> bool:
        was_set = super().is_set()
        self.set()
        return was_set


@pytest.mark.parametrize("requests", ["set pause", "pause set", "pause set pause"])
def test_a_stop_stays_a_stop(requests: str) -> None:
    flag = StopFlag()
    for request in requests.split():
        getattr(flag, request)()

    assert (flag.is_set(), flag.asks_to_pause) == (True, False)


def test_a_stop_that_crosses_a_pause_stays_a_stop() -> None:
    flag = AnotherThreadStops()
    flag.pause()

    assert not flag.asks_to_pause


def test_a_pause_asks_to_end_and_to_go_on_later() -> None:
    flag = StopFlag()
    assert (flag.is_set(), flag.asks_to_pause) == (False, False)
    flag.pause()

    assert (flag.is_set(), flag.asks_to_pause) == (True, True)
    assert flag.memory[0] != 0
