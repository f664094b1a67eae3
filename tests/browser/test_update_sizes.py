"""What the server sends to the Train page of a run that has trained for very long."""

import json

import pytest

from tests.browser.conftest import OpenTab
from tests.browser.server import Server
from tests.browser.written_run import WrittenRun, endless
from tests.sse import Stream
from tests.unit.training.recorded_curves import recorded_curve

pytestmark = pytest.mark.browser

TEXTS = ("It is not bad at all.", "Dull from its first minute to its last.", "Awful!")
EPOCHS_AT_ONCE = 20  # twice what the fast engine does in a quarter of a second
MOST_BYTES_AT_ONCE = 20_000


def test_after_1900_epochs_only_what_is_new_is_sent_and_no_script_is_asked_for(
    server: Server, open_tab: OpenTab
) -> None:
    run = WrittenRun(server.home, endless(recorded_curve("notebook")), pinned_texts=TEXTS)
    run.train_to(1_900)
    server.start()
    tab = open_tab()
    tab.open()
    tab.curves(least=1_900)

    # A page has a script run when one of the last two has come to another state.
    topics = [f"numbers/{run.id}", f"run/{run.id}", f"coach/{run.id}"]
    query = "&topic=".join([f"run={run.id}@1903", *topics])
    states: dict[str, int] = {}
    first: dict[str, int] = {}
    with Stream(f"{server.url}/api/changes?{query}") as stream:
        messages = stream.messages()
        for epochs in range(1_900 + EPOCHS_AT_ONCE, 2_001, EPOCHS_AT_ONCE):
            run.train_to(epochs)
            tab.curves(least=epochs)
            size, last = 0, 0
            while last < epochs:
                message = next(messages).data
                size += len(json.dumps(message))
                if "events" in message:
                    last = message["events"][-1]["epoch"]
                else:
                    states[message["topic"]] = message["version"]
            assert size <= MOST_BYTES_AT_ONCE
            first = first or dict(states)  # the feed tells once of what it has just come to know
    assert states == first
