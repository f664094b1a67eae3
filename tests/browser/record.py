"""What the Train page's buttons have to say for the runs that a home's folders record."""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from imdb_core.runs.run import Run
from tests.browser.homes import find, runs

Buttons = dict[str, bool]
"""Label to whether it can be clicked."""

_SHOWN = """() => {
  const button = key => document.querySelector(`.st-key-${key} button`);
  const label = key => button(key)?.querySelector('p')?.innerText;
  const transport = document.querySelectorAll('.st-key-transport button');
  return {
    title: document.querySelector('.st-key-run_bar h5')?.innerText ?? '',
    transport: Object.fromEntries([...transport].map(each => [
      each.querySelector('p')?.innerText ?? '', !each.disabled])),
    train: label('train') ?? '',
    keep_going: button('keep_going') !== null,
  };
}"""

_NOTHING = {"Pause": False, "Step": False, "Stop": False}
_BY_STATE: dict[str, Buttons] = {
    "queued": {"Pause": False, "Step": False, "Cancel": True},
    "preparing": {"Pause": False, "Step": False, "Stop": True},
    "training": {"Pause": True, "Step": False, "Stop": True},
    "paused": {"Resume": True, "Step": True, "Stop": True},
    "interrupted": {"Resume": True, "Step": False, "Stop": False},
}
_WORDS = {
    "queued": "Waiting",
    "preparing": "Preparing",
    "training": "Training",
    "paused": "Paused",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "interrupted": "Interrupted",
}
_ENDING_WORDS = ("Pausing", "Stopping")  # the record says `training` until the batch is done
_LIVE = ("queued", "preparing", "training")


@dataclass(frozen=True)
class Controls:
    """The words and buttons of the Train page that speak of runs."""

    word: str
    transport: Buttons
    train: str
    has_keep_going: bool


def recorded(home: Path, called: str, *, word: str, is_own: bool = True) -> Controls:
    """What the page must show of a run.

    Args:
        home: where its folder is.
        called: its id or name.
        word: what it says of the state; `Pausing` and `Stopping` are no events.
        is_own: whether the visitor may act on it.
    """
    run = find(home, called)
    is_ending = word in _ENDING_WORDS and run.state in _LIVE
    buttons = _NOTHING if is_ending else _buttons(run)
    return Controls(
        word=word if is_ending else _WORDS[run.state],
        transport=buttons if is_own else dict.fromkeys(buttons, False),
        train="Queue another run" if any(run.state in _LIVE for run in runs(home)) else "Train",
        has_keep_going=run.state == "finished",
    )


def shown(page: Page) -> Controls:
    """What the page shows at this moment."""
    found = page.evaluate(_SHOWN)
    word = found["title"].rpartition(" · ")[0].split()[-1:]
    return Controls("".join(word), found["transport"], found["train"], found["keep_going"])


def _buttons(run: Run) -> Buttons:
    if run.state in _BY_STATE:
        return _BY_STATE[run.state]
    # Ended by hand, or by a fault that may be mended: it can go on from where it is.
    can_go_on = run.state == "stopped" or (run.state == "failed" and not run.has_exploded)
    return {"Resume": True, "Step": False, "Stop": False} if can_go_on else _NOTHING
