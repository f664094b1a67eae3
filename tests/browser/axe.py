"""What axe-core says of what a tab shows."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe

from tests.browser.tab import Tab

GRAVE = ("serious", "critical")
STREAMLITS_OWN: tuple[tuple[str, str], ...] = ()
"""Rule, and a part of the element's HTML: faults that nobody here can mend."""

# A chart's spinner turns for ever; what fades in is judged once it is there.
_SETTLED = """() =>
  !document.querySelector('[data-testid=stSkeleton], [data-stale=true]') &&
  document.getAnimations().every(each => each.playState !== 'running'
    || each.effect.getComputedTiming().endTime === Infinity)"""
_BACKGROUND = "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor"


def grave_faults(tab: Tab, **options: Any) -> list[str]:
    """What axe-core calls serious or critical once nothing moves, a line for each element.

    Args:
        tab: what it looks at.
        options: axe-core's own.
    """
    tab.page.wait_for_function(_SETTLED)
    options = {"resultTypes": ["violations"]} | options  # the rest would be written out, too
    violations: list[dict[str, Any]] = Axe().run(tab.page, options=options).response["violations"]
    return [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary']}"
        for each in violations
        if each["impact"] in GRAVE
        for node in each["nodes"]
        if not any(rule == each["id"] and part in node["html"] for rule, part in STREAMLITS_OWN)
    ]


def grave_faults_in_light_and_dark(tab: Tab) -> list[str]:
    """The same in the light theme, which the tab has before and after, and what the dark one's
    colours change.
    """
    light = tab.page.evaluate(_BACKGROUND)
    found = grave_faults(tab)
    tab.page.emulate_media(color_scheme="dark")
    tab.page.wait_for_function(f"light => ({_BACKGROUND})() !== light", arg=light)
    found += [f"dark: {fault}" for fault in grave_faults(tab, runOnly=["color-contrast"])]
    tab.page.emulate_media(color_scheme="light")
    tab.page.wait_for_function(f"light => ({_BACKGROUND})() === light", arg=light)
    return found
