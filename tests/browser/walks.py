"""Fast walks between the pages: Runs, Train and Score within a fifth of a second.

`python -m tests.browser.walks 500` takes so many beside two busy processes and a training run,
and prints how many left an empty page, and how many errors stand in the log and the console.
"""

from __future__ import annotations

import multiprocessing
import re
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Error, Page, expect, sync_playwright

from tests.browser.server import Server
from tests.limits import LIMIT_MS

_BUSY_PROCESSES = 2
_FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
_WALK = """async (pauses) => {
  // While one page makes way for the next, its bar of pages may be gone for a moment.
  const click = async title => {
    for (;;) {
      const links = [...document.querySelectorAll('.st-key-pages a')];
      const link = links.find(each => each.textContent.includes(title));
      if (link) return link.click();
      await new Promise(requestAnimationFrame);
    }
  };
  const after = ms => new Promise(resolve => setTimeout(resolve, ms));
  await click('Runs');
  await after(pauses[0]);
  await click('Train');
  await after(pauses[1]);
  await click('Score');
}"""


def pauses(number: int) -> tuple[int, int]:
    """Those of a walk, in milliseconds: all walks take less than 0.2 s, and few are equal."""
    return 10 + 37 * number % 90, 10 + 53 * number % 90


def walk(page: Page, first_ms: int, second_ms: int) -> None:
    """Runs, then Train, then Score; returns once Score is there, or fails.

    Args:
        page: any of the app's; some run has an epoch.
        first_ms: from the first click to the second.
        second_ms: from there to the third.
    """
    page.evaluate(_WALK, [first_ms, second_ms])
    expect(page).to_have_title("Score · IMDB RNN Studio", timeout=LIMIT_MS)
    expect(page.locator(".st-key-review")).to_be_visible(timeout=LIMIT_MS)


def main() -> None:
    """Walk, and say what came of it."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    busy = [multiprocessing.Process(target=_work, daemon=True) for _ in range(_BUSY_PROCESSES)]
    for process in busy:
        process.start()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        server = Server(home)
        server.start()
        try:
            empty, errors = _walk_often(server, times)
        finally:
            server.kill()
        failures = server.failures()
    for process in busy:
        process.kill()
    print(f"{times} walks: {empty} empty, {len(errors)} errors in the console, "
          f"{len(failures)} in the log")  # fmt: skip
    for said in [*errors, *failures]:
        print(said)
    sys.exit(bool(empty or errors or failures))


def _walk_often(server: Server, times: int) -> tuple[int, list[str]]:
    empty, errors = 0, list[str]()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 2400})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: errors.append(message.text) if message.type == "error" else None,
        )
        page.goto(f"{server.url}/?source=sample&learning_rate=0.00001&patience=20&max_epochs=2000")
        page.locator(".st-key-train button").click(timeout=LIMIT_MS)
        best = page.locator(".live-number-value").last  # once it has an epoch
        expect(best).to_have_text(re.compile(r"\d+"), timeout=LIMIT_MS)
        for number in range(times):
            try:
                walk(page, *pauses(number))
            except (AssertionError, Error) as error:
                empty += 1
                print(f"walk {number}: {str(error).splitlines()[0]}", flush=True)
                page.goto(server.url)
                page.locator(".st-key-train button").wait_for(timeout=LIMIT_MS)
        browser.close()
    return empty, errors


def _work() -> None:
    while True:
        sum(range(100_000))


if __name__ == "__main__":
    main()
