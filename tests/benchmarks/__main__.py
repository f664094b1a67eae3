"""`make bench`: every figure that README claims, kept in `bench/results.json`.

`--only WORD` measures the parts whose name has the word and keeps the others as this machine
measured them before; `--only changes` is the only way to measure those, in twenty minutes.
`--readme` writes the table into README between its two marks.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from imdb_core.data import DataLibrary, Dataset
from tests.benchmarks import (
    cost_rows,
    engine_rows,
    evaluate_rows,
    explain_rows,
    feed_rows,
    memory_rows,
    page_rows,
    preset_rows,
    scoring_rows,
    script_rows,
)
from tests.benchmarks.data import PROJECT, prepared_library
from tests.benchmarks.measuring import Row, machine

RESULTS = PROJECT / "bench" / "results.json"
LONG = 10
ON_REQUEST = ("changes",)  # take twenty minutes
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows that are measured together, and the day on which they were."""

    measured: str
    rows: list[Row]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What parts are measured on: prepared reviews, and a folder for what they write."""

    library: DataLibrary
    source: str
    dataset: Dataset
    home: Path
    scratch: Path

    @classmethod
    def prepare(cls, scratch: Path) -> Ground:
        """Prepare the reviews in a home below `scratch`."""
        home = scratch / "home"
        library, source = prepared_library(home)
        return cls(library=library, source=source, dataset=library.load(source), home=home,
                   scratch=scratch)  # fmt: skip


PARTS: dict[str, Callable[[Ground], Iterator[Row]]] = {
    "notebook": lambda on: engine_rows.notebook_rows(on.dataset, on.scratch),
    "gpu": lambda on: engine_rows.gpu_rows(on.dataset),
    "whole": lambda on: engine_rows.whole_run_rows(on.library, on.scratch, on.source),
    "compiling": lambda on: engine_rows.compiling_rows(),
    "grid": lambda on: engine_rows.grid_rows(),
    "threads": lambda on: engine_rows.thread_rows(on.dataset),
    "growth": lambda on: engine_rows.growth_rows(on.dataset),
    "memory": lambda on: memory_rows.memory_rows(on.dataset),
    "cost": lambda on: cost_rows.cost_rows(on.dataset),
    "scoring": lambda on: scoring_rows.scoring_rows(on.library, on.scratch, on.source),
    "explaining": lambda on: explain_rows.explain_rows(on.library, on.scratch, on.source),
    "evaluation": lambda on: evaluate_rows.evaluate_rows(on.library, on.scratch, on.source),
    "script": lambda on: script_rows.script_rows(on.home),
    "listing": lambda on: script_rows.listing_rows(on.scratch, on.home / "data" / on.source),
    "browser": lambda on: page_rows.page_rows(on.home),
    "feed": lambda on: feed_rows.feed_rows(on.home),
    "presets": lambda on: preset_rows.preset_rows(on.library, on.scratch, on.source),
    "changes": lambda on: preset_rows.change_rows(on.library, on.scratch, on.source),
}
"""Every part, measured as it is read."""


def markdown(measured: list[Row], heading: str) -> str:
    """The table, a part a group; long groups that compare with peers are folded."""
    lines = [f"{heading}", ""]
    for group, rows in _grouped(measured, lambda row: row.group).items():
        is_long = len(rows) > LONG and rows[0].ratio is not None
        title = f"<details><summary><b>{group}</b>, {_span(rows)}</summary>" if is_long else ""
        lines += [title or f"**{group}**", ""]
        lines += _figures_table(rows) if rows[0].figure else _peers_table(rows)
        lines += ["", "</details>", ""] if is_long else [""]
    return "\n".join(lines)


def _grouped(rows: list[Row], name: Callable[[Row], str]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(name(row), []).append(row)
    return groups


def _peers_table(rows: list[Row]) -> list[str]:
    """A line for each row."""
    lines = ["| what | ours | peer | the peer's | ratio | asked for |",
             "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for row in rows:
        theirs = "" if row.theirs is None else _spelled(row.theirs, row)
        ratio = "" if row.ratio is None else f"**{_times(row.ratio)}**"
        lines.append(
            f"| {row.what} | {_spelled(row.ours, row)} | {row.peer} | {theirs} | "
            f"{ratio} | {_asked_for(row)} |"
        )
    return lines


def _figures_table(rows: list[Row]) -> list[str]:
    """A line for all figures of a `what`, a column for each."""
    figures = list(_grouped(rows, lambda row: row.figure))
    lines = [f"| what | {' | '.join(figures)} | asked for |",
             "| --- |" + " --- |" * (len(figures) + 1)]  # fmt: skip
    for what, its_rows in _grouped(rows, lambda row: row.what).items():
        cells = [_spelled(row.ours, row) for row in its_rows]
        asked = [f"{row.figure} {_asked_for(row)}" for row in its_rows if row.wanted]
        lines.append(f"| {what} | {' | '.join(cells)} | {'; '.join(asked)} |")
    return lines


def _spelled(amount: float, row: Row) -> str:
    """As many digits as the row needs, and never as a power of ten."""
    digits = f"{amount:,.0f}" if amount >= 100 else f"{amount:.{row.digits}g}"
    return f"{digits} {row.unit}".rstrip()


def _times(ratio: float) -> str:
    return f"{ratio:.1f} ×" if ratio >= 10 else f"{ratio:.2f} ×"


def _asked_for(row: Row) -> str:
    """With a mark where rounding may hide a miss."""
    return f"{row.wanted}, **missed**" if row.is_met is False else row.wanted


def _span(rows: list[Row]) -> str:
    """A long group in a few words."""
    ratios = [row.ratio for row in rows if row.ratio is not None]
    missed = sum(row.is_met is False for row in rows)
    span = f"{len(rows)} rows, {_times(min(ratios))} to {_times(max(ratios))}"
    return f"{span}, {missed} missed" if missed else span


def kept() -> dict[str, Part]:
    """What this machine, with these versions, measured before."""
    if not RESULTS.exists():
        return {}
    results = json.loads(RESULTS.read_text())
    if results["machine"] != machine():
        return {}
    return {
        name: Part(
            measured=part["measured"],
            rows=[Row(**{k: v for k, v in row.items() if k != "ratio"}) for row in part["rows"]],
        )
        for name, part in results["parts"].items()
    }


def keep(parts: dict[str, Part]) -> None:
    """Write them where `kept` finds them."""
    as_json = {
        name: {
            "measured": part.measured,
            "rows": [asdict(row) | {"ratio": row.ratio} for row in part.rows],
        }
        for name, part in parts.items()
    }
    RESULTS.parent.mkdir(exist_ok=True)
    results = {"machine": machine(), "parts": as_json}
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n")


def measure(only: str) -> tuple[dict[str, Part], list[str]]:
    """All parts, those that are asked for measured now; and the names of those that never were,
    but for what is measured on request only.
    """
    before = kept()
    parts = before if only else {name: before[name] for name in ON_REQUEST if name in before}
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground.prepare(Path(folder))
        for name, rows_of in PARTS.items():
            if not _is_asked_for(name, only):
                continue
            measured = []
            for row in rows_of(ground):
                measured.append(row)
                print(_line(row), flush=True)
            parts[name] = Part(measured=today, rows=measured)
    in_order = {name: parts[name] for name in PARTS if name in parts}
    return in_order, [name for name in PARTS if name not in parts and name not in ON_REQUEST]


def _is_asked_for(part: str, only: str) -> bool:
    return part == only if part in ON_REQUEST else only in part


def _line(row: Row) -> str:
    """A row as it is told while others are measured."""
    what = f"{row.what}, {row.figure}" if row.figure else row.what
    against = "" if row.ratio is None else f"; {row.peer} {row.ratio:.2f} ×"
    asked = f"; asked for {_asked_for(row)}" if row.wanted else ""
    return f"{what}: {_spelled(row.ours, row)}{against}{asked}"


def table(parts: dict[str, Part]) -> str:
    """What README shows."""
    measured = [row for part in parts.values() for row in part.rows]
    days = sorted({part.measured for part in parts.values()})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    asked = [row.is_met for row in measured if row.is_met is not None]
    met = f"{asked.count(True)} of {len(asked)} figures are as asked for; the others are marked"
    heading = (
        f"Measured {when} on {machine()}; medians of five or more, unless a title or a row says "
        f"otherwise. {met if False in asked else 'All are as asked for'}."
    )
    return markdown(measured, heading)


def write_into_readme(text: str) -> None:
    """Replace what stands between README's marks."""
    readme = PROJECT / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def main() -> None:
    """Measure, print, keep as JSON."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--readme", action="store_true")
    options = parser.parse_args()
    if not any(_is_asked_for(name, options.only) for name in PARTS):
        parser.error(f"no part has {options.only!r} in its name; there are: {', '.join(PARTS)}")
    parts, missing = measure(options.only)
    keep(parts)
    print("\n" + table(parts))
    if options.readme and missing:
        parser.error(f"README is as it was: {', '.join(missing)} not measured on this machine yet.")
    if options.readme:
        write_into_readme(table(parts))


if __name__ == "__main__":
    main()
