"""`make bench`: every figure that README claims, measured in one run.

`--only WORD` keeps the groups whose name has the word; `--readme` writes the table
into README between its two marks.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
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

RESULTS = PROJECT / "bench"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def rows(home: Path, scratch: Path) -> dict[str, Iterator[Row]]:
    """Every group, measured as it is read."""
    library, source = prepared_library(home)
    dataset = library.load(source)
    return {
        "notebook": engine_rows.notebook_rows(dataset, scratch),
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
    """The table, a part a group."""
    lines = [f"{heading}", ""]
    for group, members in itertools.groupby(measured, key=lambda row: row.group):
        lines += [f"**{group}**", "", "| what | ours | peer | its time | ratio | asked for |",
                  "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
        for row in members:
            theirs = "" if row.theirs is None else f"{row.theirs:.3g} {row.unit}"
            ratio = "" if row.ratio is None else f"**{row.ratio:.1f} ×**"
            lines.append(
                f"| {row.what} | {row.ours:.3g} {row.unit} | {row.peer} | {theirs} | {ratio} | "
                f"{row.wanted} |"
            )
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, keep as JSON."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--readme", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        measured: list[Row] = []
        for name, group in rows(scratch / "home", scratch).items():
            if options.only not in name:
                continue
            for row in group:
                measured.append(row)
                print(f"{row.what}: {row.ours:.3g} {row.unit}; {row.peer} "
                      f"{row.ratio or 0:.2f} ×; asked for {row.wanted}", flush=True)  # fmt: skip
    heading = f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}; medians of five or more."
    table = markdown(measured, heading)
    print("\n" + table)
    RESULTS.mkdir(exist_ok=True)
    results = {
        "machine": machine(),
        "rows": [asdict(row) | {"ratio": row.ratio} for row in measured],
    }
    (RESULTS / "results.json").write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n")
    if options.readme:
        readme = PROJECT / "README.md"
        before, _, rest = readme.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        readme.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")


if __name__ == "__main__":
    main()
