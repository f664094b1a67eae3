"""What the server sends to the Train page of a run that has trained for very long."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.conftest import OpenTab
from tests.browser.server import Server
from tests.browser.written_run import WrittenRun
from tests.unit.training.recorded_curves import RecordedCurve, recorded_curve

pytestmark = pytest.mark.browser

TEXTS = ("It is not bad at all.", "Dull from its first minute to its last.", "Awful!")
EPOCHS_A_TICK = 20  # twice what the fast engine does in a quarter of a second
MOST_BYTES_A_TICK = 20_000

_END_OF_A_TICK = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY


class Ticks:
    """How much the server said to a page whenever a part of it was drawn anew.

    Attributes:
        sizes: in bytes, oldest first; what draws the whole page is none.
    """

    def __init__(self, page: Page) -> None:
        self.sizes: list[int] = []
        self._size_bytes = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._add))

    def _add(self, frame: str | bytes) -> None:
        assert isinstance(frame, bytes)
        message = ForwardMsg.FromString(frame)
        kind = message.WhichOneof("type")
        self._size_bytes = len(frame) + (0 if kind == "new_session" else self._size_bytes)
        if kind == "script_finished" and message.script_finished == _END_OF_A_TICK:
            self.sizes.append(self._size_bytes)


def endless(curve: RecordedCurve) -> RecordedCurve:
    """The curve's first epoch, and after it as many as a run may have, each a little better."""
    first, epochs = curve.epochs[0], range(1, 2_001)
    return replace(
        curve,
        config=curve.config.changed(max_epochs=len(epochs)),
        epochs=tuple(
            first._replace(epoch=epoch, best_epoch=epoch, val_loss=first.val_loss * 0.9999**epoch)
            for epoch in epochs
        ),
    )


def test_after_1900_epochs_each_tick_still_sends_only_what_is_new(
    server: Server, open_tab: OpenTab
) -> None:
    run = WrittenRun(server.home, endless(recorded_curve("notebook")), pinned_texts=TEXTS)
    run.train_to(1_900)
    server.start()
    tab = open_tab()
    ticks = Ticks(tab.page)
    tab.open()
    tab.curves(least=1_900)
    # The next epochs come after the page has said that it holds these.
    run.train_to(1_901)
    tab.curves(least=1_901)
    ticks.sizes.clear()

    steps = range(1_901 + EPOCHS_A_TICK, 2_001, EPOCHS_A_TICK)
    for epochs in steps:
        run.train_to(epochs)
        tab.curves(least=epochs)
    assert len(ticks.sizes) >= len(steps) - 1  # the last may be drawn before it has ended
    assert max(ticks.sizes) <= MOST_BYTES_A_TICK
