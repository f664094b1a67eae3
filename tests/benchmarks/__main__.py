"""`make bench`: every figure that README claims, kept in `bench/results.json`.

`--only WORD` measures the parts whose name has the word and keeps the others as this machine
measured them before; `--readme` writes the table into README between its two marks.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import (
    cost_rows,
    engine_rows,
    evaluate_rows,
    explain_rows,
    memory_rows,
    page_rows,
)
from tests.benchmarks.data import PROJECT, prepared_library
from tests.benchmarks.measuring import Row, machine

RESULTS = PROJECT / "bench" / "results.json"
LONG = 10
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows that are measured together, and the day on which they were."""

    measured: str
    rows: list[Row]


def rows(home: Path, scratch: Path) -> dict[str, Iterator[Row]]:
    """Every part, measured as it is read."""
    library, source = prepared_library(home)
    dataset = library.load(source)
    return {
        "notebook": engine_rows.notebook_rows(dataset, scratch),
        "gpu": engine_rows.gpu_rows(dataset),
        "whole": engine_rows.whole_run_rows(library, scratch, source),
        "grid": engine_rows.grid_rows(),
        "growth": engine_rows.growth_rows(dataset),
        "memory": memory_rows.memory_rows(dataset),
        "cost": cost_rows.cost_rows(dataset),
        "scoring": engine_rows.scoring_rows(library, scratch, source),
        "explaining": explain_rows.explain_rows(library, scratch, source),
        "evaluation": evaluate_rows.evaluate_rows(library, scratch, source),
        "script": page_rows.script_rows(home),
        "listing": page_rows.listing_rows(scratch),
        "browser": page_rows.page_rows(home),
    }


def markdown(measured: list[Row], heading: str) -> str:
    """The table, a part a group; long groups that compare with peers are folded."""
    lines = [f"{heading}", ""]
    groups: dict[str, list[Row]] = {}
    for row in measured:
        groups.setdefault(row.group, []).append(row)
    for group, rows in groups.items():
        is_long = len(rows) > LONG and rows[0].ratio is not None
        title = f"<details><summary><b>{group}</b>, {_span(rows)}</summary>" if is_long else ""
        lines += [title or f"**{group}**", ""]
        lines += ["| what | ours | peer | its time | ratio | asked for |",
                  "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
        for row in rows:
            theirs = "" if row.theirs is None else _spelled(row.theirs, row.unit)
            ratio = "" if row.ratio is None else f"**{row.ratio:.1f} ×**"
            lines.append(
                f"| {row.what} | {_spelled(row.ours, row.unit)} | {row.peer} | {theirs} | "
                f"{ratio} | {row.wanted} |"
            )
        lines += ["", "</details>", ""] if is_long else [""]
    return "\n".join(lines)


def _spelled(amount: float, unit: str) -> str:
    """Three digits, and never as a power of ten."""
    return f"{amount:,.0f} {unit}" if amount >= 100 else f"{amount:.3g} {unit}"


def _span(rows: list[Row]) -> str:
    """A long group in a few words."""
    ratios = [row.ratio for row in rows if row.ratio is not None]
    return f"{len(rows)} rows, {min(ratios):.1f} to {max(ratios):.1f} ×"


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
    """All parts, those whose name has `only` measured now; and the names of those never were."""
    parts = kept() if only else {}
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        groups = rows(scratch / "home", scratch)
        for name, group in groups.items():
            if only not in name:
                continue
            measured = []
            for row in group:
                measured.append(row)
                print(f"{row.what}: {row.ours:.3g} {row.unit}; {row.peer} "
                      f"{row.ratio or 0:.2f} ×; asked for {row.wanted}", flush=True)  # fmt: skip
            parts[name] = Part(measured=today, rows=measured)
    in_order = {name: parts[name] for name in groups if name in parts}
    return in_order, [name for name in groups if name not in parts]


def table(parts: dict[str, Part]) -> str:
    """What README shows."""
    days = sorted({part.measured for part in parts.values()})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    heading = f"Measured {when} on {machine()}; medians of five or more."
    return markdown([row for part in parts.values() for row in part.rows], heading)


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
    parts, missing = measure(options.only)
    keep(parts)
    print("\n" + table(parts))
    if options.readme and missing:
        parser.error(f"README is as it was: {', '.join(missing)} not measured on this machine yet.")
    if options.readme:
        write_into_readme(table(parts))


if __name__ == "__main__":
    main()
