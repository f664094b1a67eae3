"""Scripts run when a visitor acts or when what the page waits for has changed, never by a timer."""

import ast
from pathlib import Path

from tests.conftest import PROJECT

UI = PROJECT / "imdb_core" / "ui"
PAGES = [PROJECT / "app.py", *sorted((PROJECT / "pages").glob("*.py")), *sorted(UI.rglob("*.py"))]
TIMERS = {"run_every", "st_autorefresh"}

Function = tuple[str, str]
"""A module's name, and the function's."""

COMPONENT: Function = ("streamlit.components.v2", "component")


def module_name(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def called(path: Path) -> tuple[dict[Function, set[Function]], set[Function]]:
    """The functions of a module with those that each may call, and which of them are fragments."""
    module, tree = module_name(path), ast.parse(path.read_text("utf-8"))
    bodies = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    known = {name: (module, name) for name in bodies}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            known |= {
                each.asname or each.name: (node.module or "", each.name) for each in node.names
            }
    calls: dict[Function, set[Function]] = {}
    for name, body in bodies.items():
        found = calls[module, name] = set()
        for node in ast.walk(body):
            if isinstance(node, ast.Name) and node.id in known:
                found.add(known[node.id])
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found.add((".".join(known.get(node.value.id, ("", ""))), node.attr))
    for name in known:  # what a package hands on
        calls.setdefault((module, name), {known[name]})
    fragments = {
        (module, name)
        for name, body in bodies.items()
        if any("st.fragment" in ast.unparse(each) for each in body.decorator_list)
    }
    return calls, fragments


def reachable(start: Function, calls: dict[Function, set[Function]]) -> set[Function]:
    found, new = set[Function](), {start}
    while new:
        found |= new
        new = set[Function]().union(*(calls.get(each, set()) for each in new)) - found
    return found


def test_nothing_in_the_project_has_a_timer_that_runs_a_script() -> None:
    timed = [
        f"{path.name}:{number}"
        for path in PAGES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if any(timer in line for timer in TIMERS)
    ]
    assert timed == []


def test_no_component_stands_in_a_fragment() -> None:
    """What it reports would be taken for a fragment of the page that the visitor went on to."""
    calls: dict[Function, set[Function]] = {}
    fragments: set[Function] = set()
    for path in PAGES:
        of_module, in_module = called(path)
        calls |= of_module
        fragments |= in_module
    # That it would be found, and that each fragment is: none is made by a call in passing.
    assert COMPONENT in reachable(("imdb_core.ui.train.chart", "draw_chart"), calls)
    assert COMPONENT in reachable(("imdb_core.ui.progress", "draw_progress"), calls)
    marks = sum(path.read_text("utf-8").count("st.fragment") for path in PAGES)
    assert len(fragments) == marks > 0
    assert [name for name in fragments if COMPONENT in reachable(name, calls)] == []
