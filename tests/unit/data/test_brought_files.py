"""The files that people have: each read as listed, and all that was guessed is told."""

import json
from pathlib import Path

import pytest

from imdb_core.cli import main
from imdb_core.data import TableChoices, check_table
from tests.unit.data.brought_files import FILES, BroughtFile


@pytest.fixture
def file(request: pytest.FixtureRequest) -> BroughtFile:
    return FILES[request.param]


@pytest.mark.parametrize("file", FILES, indirect=True)
def test_a_file_is_read_as_listed_and_what_was_guessed_is_told(
    file: BroughtFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("IMDB_STUDIO_HOME", str(tmp_path / "home"))
    path = tmp_path / file.name
    path.write_bytes(file.content)
    command = ["data", "prepare", "--file", str(path), "--name", "x"]
    if file.refusal:
        assert main(command) == 2
        assert file.refusal in capsys.readouterr().err

    code = main([*command, *file.options, "--check", "--json"])
    output = capsys.readouterr()
    assert code == 0, output.err
    foretold = json.loads(output.out)
    assert not (tmp_path / "home").exists()
    code = main([*command, *file.options, "--json"])
    output = capsys.readouterr()
    assert code == 0, output.err
    found = json.loads(output.out)
    assert foretold == found | dict.fromkeys(("source", "train", "test"))
    assert found["source"] == "own-x"
    assert (found["positive"], found["negative"]) == (file.positive, file.negative), found
    assert found["train"] + found["test"] == file.positive + file.negative
    assert found["left_out"] == file.left_out, found
    told = "\n".join(found["notes"])
    for note in file.notes:
        assert note in told


@pytest.mark.parametrize("name", [name for name, file in FILES.items() if not file.refusal])
def test_the_texts_of_a_file_are_whole(name: str) -> None:
    file = FILES[name]
    choices = TableChoices()
    if "--negative" in file.options:
        choices = TableChoices(meanings=(("0", "negative"), ("1", "positive")))
    report = check_table(file.content, file.name, choices)

    assert report.reviews is not None, report.faults
    kept = [text for text in file.texts if text in set(report.reviews.texts)]
    assert report.reviews.texts == kept
    assert len(kept) == file.positive + file.negative
