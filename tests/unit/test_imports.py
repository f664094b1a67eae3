"""The direction of imports, held by importing each stage in a process of its own."""

import ast
import subprocess
import sys

import pytest

from tests.conftest import PROJECT

STAGES = ["imdb_core", "imdb_core.config", "imdb_core.data", "imdb_core.model",
          "imdb_core.training.loop", "imdb_core.runs.execution", "imdb_core.scoring",
          "imdb_core.evaluation", "imdb_core.studio", "imdb_core.cli"]  # fmt: skip
WITHOUT_TORCH = ["imdb_core.data", "imdb_core.runs.store", "imdb_core.runs.export",
                 "imdb_core.studio", "imdb_core.cli", "imdb_core.ui.train.view",
                 "imdb_core.ui.runs.view", "imdb_core.ui.data.view",
                 "imdb_core.ui.evaluate.view"]  # fmt: skip


def loaded_by(module: str) -> set[str]:
    """Top-level packages in a fresh process that imported only `module`."""
    code = f"import sys, {module}; print(*sorted(set(n.split('.')[0] for n in sys.modules)))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert output.returncode == 0, output.stderr
    return set(output.stdout.split())


@pytest.mark.parametrize("module", STAGES)
def test_the_core_does_without_pages_and_keras(module: str) -> None:
    assert loaded_by(module).isdisjoint({"streamlit", "plotly", "keras", "sklearn"})


@pytest.mark.parametrize("module", WITHOUT_TORCH)
def test_the_first_screen_and_quick_commands_do_not_wait_for_torch(module: str) -> None:
    assert "torch" not in loaded_by(module)


EARLIER_STAGES = [
    ("imdb_core.data", {"model", "training", "runs", "scoring", "evaluation", "ui"}),
    ("imdb_core.model", {"training", "runs", "scoring", "evaluation", "ui"}),
    ("imdb_core.training.loop", {"runs", "scoring", "evaluation", "ui"}),
    ("imdb_core.runs.execution", {"scoring", "evaluation", "ui"}),
    ("imdb_core.scoring", {"evaluation", "ui"}),
    ("imdb_core.evaluation", {"scoring", "ui"}),
]


@pytest.mark.parametrize(("module", "later"), EARLIER_STAGES)
def test_a_stage_imports_only_stages_before_it(module: str, later: set[str]) -> None:
    code = f"import sys, {module}; print(*(n for n in sys.modules if n.startswith('imdb_core.')))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    stages = {name.split(".")[1] for name in output.stdout.split()}

    assert stages.isdisjoint(later)


def test_no_module_imports_a_later_stage_inside_a_function_either() -> None:
    order = ["data", "model", "training", "runs", "scoring", "evaluation", "ui"]
    wrong = []
    for path in sorted((PROJECT / "imdb_core").rglob("*.py")):
        own = path.relative_to(PROJECT / "imdb_core").parts[0]
        if own not in order:
            continue
        later = {*order[order.index(own) + 1 :]} | ({"scoring"} if own == "evaluation" else set())
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if module is not None and later & {*module.split(".")[1:2]}:
                wrong.append(f"{path.name}:{node.lineno} imports {module}")
    assert wrong == []


def test_a_network_is_made_without_pytorchs_compiler() -> None:
    """It would take 75 MB of a server for good, and the second before the first epoch."""
    code = (
        "import sys, torch; from imdb_core.config import TrainConfig; "
        "from imdb_core.model import SentimentRNN, initialize; config = TrainConfig(); "
        "initialize(SentimentRNN.empty(config), config.initialization, torch.Generator()); "
        "print({'torch._dynamo', 'sympy'} & {*sys.modules})"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert output.stdout.strip() == "set()"
