"""What the server sends to the Train page of a run that has trained for very long."""

import json

import pytest
from playwright.sync_api import Page
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.conftest import OpenTab
from tests.browser.server import Server
from tests.browser.written_run import WrittenRun, endless
from tests.sse import Stream
from tests.unit.training.recorded_curves import recorded_curve

pytestmark = pytest.mark.browser

TEXTS = ("It is not bad at all.", "Dull from its first minute to its last.", "Awful!")
EPOCHS_AT_ONCE = 20  # twice what the fast engine does in a quarter of a second
MOST_BYTES_AT_ONCE = 20_000


class Scripts:
    """How often a script of a page has run.

    Attributes:
        begun: by the messages that the server begins each with.
    """

    def __init__(self, page: Page) -> None:
        self.begun = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._note))

    def _note(self, frame: str | bytes) -> None:
        assert isinstance(frame, bytes)
        self.begun += ForwardMsg.FromString(frame).WhichOneof("type") == "new_session"


def test_after_1900_epochs_only_what_is_new_is_sent_and_no_script_runs(
    server: Server, open_tab: OpenTab
) -> None:
    run = WrittenRun(server.home, endless(recorded_curve("notebook")), pinned_texts=TEXTS)
    run.train_to(1_900)
    server.start()
    tab = open_tab()
    scripts = Scripts(tab.page)
    tab.open()
    tab.curves(least=1_900)
    tab.sees_rest()
    begun = scripts.begun

    query = f"run={run.id}@1903&topic=numbers/{run.id}&topic=run/{run.id}"
    with Stream(f"{server.url}/api/changes?{query}") as stream:
        messages = stream.messages()
        for epochs in range(1_900 + EPOCHS_AT_ONCE, 2_001, EPOCHS_AT_ONCE):
            run.train_to(epochs)
            tab.curves(least=epochs)
            size, last = 0, 0
            while last < epochs:
                message = next(messages).data
                size += len(json.dumps(message))
                last = message["events"][-1]["epoch"] if "events" in message else last
            assert size <= MOST_BYTES_AT_ONCE
    assert scripts.begun == begun
