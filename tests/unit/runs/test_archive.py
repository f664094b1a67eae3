"""A run as a zip: there and back bit for bit, and nothing that a stranger put into it."""

import errno
import io
import json
import pickle
import stat
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, load_file, save

from imdb_core.config import EngineChoice, TrainConfig
from imdb_core.data import DataLibrary
from imdb_core.errors import RunArchiveError, RunExistsError
from imdb_core.files import as_checked_json, parse_checked_json
from imdb_core.runs.archive import as_zip
from imdb_core.runs.archive_import import import_run
from imdb_core.runs.checkpoints import load_weights
from imdb_core.runs.event_log import as_line
from imdb_core.runs.execution import execute
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.stop_flag import StopFlag
from imdb_core.tensors import read_tensors
from tests.conftest import settings_in

Files = dict[str, bytes]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """Another installation."""
    return RunStore(tmp_path / "elsewhere" / "runs")


@pytest.fixture
def files(sample_run: Run) -> Files:
    """What the zip holds: names to contents."""
    with zipfile.ZipFile(io.BytesIO(as_zip(sample_run))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Files, *entries: tuple[zipfile.ZipInfo, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        for entry, content in entries:
            archive.writestr(entry, content)
    return buffer


def files_in(folder: Path) -> Files:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_run_comes_back_bit_for_bit_but_for_its_owner(sample_run: Run, store: RunStore) -> None:
    content = as_zip(sample_run)
    imported = import_run(store, io.BytesIO(content))

    ours, theirs = files_in(sample_run.folder), files_in(imported.folder)
    events, imported_events = ours.pop("events.jsonl"), theirs.pop("events.jsonl")
    assert ours == theirs
    assert b"owner" in events
    assert b"owner" not in imported_events
    assert as_zip(imported) == content
    assert (imported.id, imported.state, imported.name) == (sample_run.id, "finished", "näme")
    assert imported.epochs == sample_run.epochs
    assert (imported.notes, imported.tags, imported.guess) == ("two\nlines", ("one", "two"), 2)


REPACKED: dict[str, Callable[[str], str]] = {
    "by a Mac": lambda name: name,
    "by Windows": lambda name: name.replace("/", "\\"),
    "with its folder in another": lambda name: f"Downloads/my runs/{name}",
    "by Windows, in another": lambda name: f"runs\\{name}".replace("/", "\\"),
    "with a copy's name": lambda name: name.replace("/", " (1)/", 1),
}


@pytest.mark.parametrize("how", REPACKED)
def test_a_zip_packed_again_is_the_same_run(
    how: str, sample_run: Run, store: RunStore, files: Files
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("", "epochs/"):
            folder = zipfile.ZipInfo("x")
            folder.filename = REPACKED[how](f"{sample_run.id}/{name}")
            archive.writestr(folder, b"")
        for name, content in files.items():
            entry = zipfile.ZipInfo("x")
            entry.filename = REPACKED[how](name)  # ZipInfo itself would turn it round on Windows
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
            beside, _, file = name.rpartition("/")
            archive.writestr(f"__MACOSX/{beside}/._{file}", b"\0\5\x16\7")
        archive.writestr(f"{sample_run.id}/.DS_Store", b"\0\0\0\1Bud1")
        archive.writestr(".DS_Store", b"\0\0\0\1Bud1")
        archive.writestr(f"{sample_run.id}/Thumbs.db", b"")

    imported = import_run(store, buffer)

    assert imported.id == sample_run.id
    assert as_zip(imported) == as_zip(sample_run)


def test_a_run_that_is_here_already_is_not_taken_in_twice(sample_run: Run, store: RunStore) -> None:
    first = import_run(store, io.BytesIO(as_zip(sample_run)))
    store.annotate(first.id, label="mine", is_archived=True)
    with pytest.raises(RunExistsError, match=r"mine \(run .* is here already") as refused:
        import_run(store, io.BytesIO(as_zip(sample_run)))
    assert refused.value.run_id == first.id
    assert [run.id for run in store.all()] == [first.id]


def test_a_run_that_went_on_elsewhere_is_another_one_with_a_number(
    sample_run: Run, store: RunStore
) -> None:
    first = import_run(store, io.BytesIO(as_zip(sample_run)))
    store.log(first.id).append("interrupted")
    second = import_run(store, io.BytesIO(as_zip(sample_run)))
    assert first.id != second.id
    assert first.id[:17] == second.id[:17]
    assert (first.label, second.label) == ("näme", "näme (2)")
    with pytest.raises(RunExistsError):
        import_run(store, io.BytesIO(as_zip(sample_run)))


def test_of_imports_of_one_zip_at_once_one_is_taken_in(sample_run: Run, store: RunStore) -> None:
    content = as_zip(sample_run)

    def took_in(_: int) -> bool:
        try:
            import_run(store, io.BytesIO(content))
        except RunExistsError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(took_in, range(4))) == [False, False, False, True]
    assert [run.state for run in store.all()] == ["finished"]


@pytest.mark.parametrize("weight_average", [0.0, 0.9])
@pytest.mark.parametrize("engine", ["torch", "fast"])
def test_a_run_of_either_engine_comes_back_and_goes_on_bit_for_bit(
    engine: EngineChoice, weight_average: float, sample_home: Path, tmp_path: Path, store: RunStore
) -> None:
    def trained(store: RunStore, run_id: str) -> Run:
        ended = execute(run_id, store, DataLibrary(settings_in(sample_home)), stop=StopFlag())
        assert ended.state == "finished", ended.error
        return ended

    config = TrainConfig(
        source="sample",
        vocab_size=8000,  # so that a copy of the weights is more than a header
        max_epochs=1,
        dropout=0.3,
        engine=engine,
        weight_average=weight_average,
    )
    home = RunStore(tmp_path / "runs")
    run = trained(home, home.create(config).id)
    imported = import_run(store, io.BytesIO(as_zip(run)))
    ends = [trained(where, where.keep_going(run.id, 1).id) for where in (home, store)]

    assert imported.id == run.id
    assert [len(end.epochs) for end in ends] == [2, 2]
    here, there = (load_file(end.folder / "last.safetensors") for end in ends)
    assert here.keys() == there.keys()
    assert any("trained." in key for key in here) == (weight_average > 0)
    assert all((here[key] == there[key]).all() for key in here)


def test_a_run_that_was_at_work_elsewhere_is_interrupted_here(
    sample_run: Run, store: RunStore, files: Files
) -> None:
    lines = files[f"{sample_run.id}/events.jsonl"].splitlines(keepends=True)
    files[f"{sample_run.id}/events.jsonl"] = b"".join(lines[:-1])

    assert import_run(store, zipped(files)).state == "interrupted"


NAMES = [
    "../evil.txt",
    "{id}/../../evil.txt",
    "/etc/evil.txt",
    "{id}//etc/evil.txt",
    "C:\\evil.txt",
    "{id}\\run.json",
    "{id}/run.json\0.txt",
    "{id}/epochs/../run.json",
    "{id}/epochs/0001.safetensors.pkl",
    "{id}/best.pt",
    "{id}/evaluation/validation.safetensors",
    "2026-11-22_101530_k3f9/run.json",
    "{id}/sub/",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_no_file_of_a_run_is_refused(
    name: str, sample_run: Run, store: RunStore, files: Files
) -> None:
    entry = zipfile.ZipInfo("x")
    entry.filename = name.replace("{id}", sample_run.id)
    refused(store, zipped(files, (entry, b"")), "no file of a run|no single run|twice")


def test_a_link_is_refused(sample_run: Run, store: RunStore, files: Files) -> None:
    del files[f"{sample_run.id}/vocabulary.json"]
    link = zipfile.ZipInfo(f"{sample_run.id}/vocabulary.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(store, zipped(files, (link, b"/etc/passwd")), "no file of a run")


def test_a_file_that_stands_there_twice_is_refused(
    sample_run: Run, store: RunStore, files: Files
) -> None:
    name = f"{sample_run.id}/run.json"
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = zipped(files, (zipfile.ZipInfo(name), files[name]))
    refused(store, archive, "twice")


@pytest.mark.parametrize(
    ("name", "megabytes", "message"),
    [
        ("vocabulary.json", 30, "times its size"),
        ("vocabulary.json", 40, "would take"),
        ("run.json", 40, "would take"),
        ("best.safetensors", 2, "would take"),
        ("epochs/0001.safetensors", 2, "would take"),
    ],
)
def test_a_bomb_is_refused_before_it_is_unpacked(
    name: str, megabytes: int, message: str, sample_run: Run, store: RunStore, files: Files
) -> None:
    files.pop(f"{sample_run.id}/{name}")
    bomb = zipfile.ZipInfo(f"{sample_run.id}/{name}")
    bomb.compress_type = zipfile.ZIP_DEFLATED
    refused(store, zipped(files, (bomb, b" " * megabytes * 1024 * 1024)), message)


def test_many_files_that_each_may_be_so_large_are_refused_together(
    sample_run: Run, store: RunStore, files: Files
) -> None:
    changed_json("run.json", config=sample_run.config.changed(vocab_size=15_000).model_dump())(
        files
    )
    noise = np.random.default_rng(0).bytes(8_000)
    numbers = noise + bytes(950_000)  # compresses to a hundredth
    bombs = []
    for epoch in range(1, 151):
        bomb = zipfile.ZipInfo(f"{sample_run.id}/epochs/{epoch:04d}.safetensors")
        bomb.compress_type = zipfile.ZIP_DEFLATED
        bombs.append((bomb, numbers))
        files.pop(bomb.filename, None)
    refused(store, zipped(files, *bombs), "The weights of 150 epochs would take 143,700,000 bytes")


def test_bytes_flipped_within_a_compressed_file_are_refused(
    sample_run: Run, store: RunStore
) -> None:
    content = bytearray(as_zip(sample_run))
    name = f"{sample_run.id}/events.jsonl".encode()
    begin = content.find(name) + len(name)
    content[begin : begin + 40] = bytes(byte ^ 0xFF for byte in content[begin : begin + 40])
    refused(store, io.BytesIO(bytes(content)), "damaged")


def test_a_zip_that_cannot_be_read_to_its_end_is_what_is_named(
    sample_run: Run, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(entry: zipfile.ZipExtFile, size: int | None = -1) -> bytes:
        if entry.name.endswith("best.safetensors"):
            raise OSError(errno.EIO, "Input/output error")
        return was(entry, size)

    was = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", read)

    refused(
        store, io.BytesIO(as_zip(sample_run)), "^The file could not be read: Input/output error"
    )


def test_a_size_that_is_a_lie_is_refused(sample_run: Run, store: RunStore, files: Files) -> None:
    name = f"{sample_run.id}/vocabulary.json"
    content = bytearray(zipped({n: c for n, c in files.items() if n != name} | {name: files[name]})
                        .getvalue())  # fmt: skip
    directory = content.rfind(b"PK\x01\x02")
    size = directory + 24
    content[size : size + 4] = (100).to_bytes(4, "little")
    refused(store, io.BytesIO(bytes(content)), "damaged|no zip")


class Evil:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return (Path.touch, (Path("/tmp/imdb_studio_was_here"),))  # type: ignore[return-value]


def changed_json(name: str, **changes: Any) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        (path,) = (path for path in files if path.endswith(f"/{name}"))
        files[path] = as_checked_json(parse_checked_json(files[path]) | changes)

    return change


def changed_settings(**changes: Any) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        (path,) = (path for path in files if path.endswith("/run.json"))
        changed_json("run.json", config=json.loads(files[path])["config"] | changes)(files)

    return change


def averaging(**trained: Any) -> Callable[[Files], None]:
    """A run that keeps averages, its state with the weights behind them, but for `trained`."""

    def change(files: Files) -> None:
        changed_settings(weight_average=0.9)(files)
        (path,) = (path for path in files if path.endswith("/last.safetensors"))
        weights = {
            key.removeprefix("weights/"): array
            for key, array in load(files[path]).items()
            if key.startswith("weights/")
        }
        added = {f"trained.{key}": array for key, array in (weights | trained).items()}
        added_to_optimizer(**added)(files)

    return change


def added_to_optimizer(**arrays: Any) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        (path,) = (path for path in files if path.endswith("/last.safetensors"))
        content = files[path]
        tensors, metadata = read_tensors(content)
        added = {f"optimizer/{key}": array for key, array in arrays.items()}
        files[path] = save(tensors | added, metadata)

    return change


def replaced(name: str, content: bytes) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        (path,) = (path for path in files if path.endswith(f"/{name}"))
        files[path] = content

    return change


def changed_event(kind: str, **changes: Any) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        (path,) = (path for path in files if path.endswith("/events.jsonl"))
        events = [json.loads(line) for line in files[path].splitlines()]
        events = [e | changes if e["event"] == kind else e for e in events]
        files[path] = b"".join(map(as_line, events))

    return change


def weights(epoch: str = "1", **changes: Any) -> bytes:
    """Weights as those of `sample_run`, but for `changes`."""
    shapes = {
        "embedding.weight": (500, 16), "rnn.weight_ih_l0": (24, 16), "rnn.weight_hh_l0": (24, 8),
        "rnn.bias_ih_l0": (24,), "rnn.bias_hh_l0": (24,), "dense.weight": (1, 16),
        "dense.bias": (1,),
    }  # fmt: skip
    arrays = {name: np.zeros(shape, dtype=np.float32) for name, shape in shapes.items()}
    return save(arrays | changes, {"epoch": epoch})


FAULTS: dict[str, tuple[Callable[[Files], None], str]] = {
    "a pickle for weights": (replaced("best.safetensors", pickle.dumps(Evil())), "no file of"),
    "a pickle for events": (replaced("events.jsonl", pickle.dumps(Evil())), "cannot be read"),
    "a pickle for settings": (replaced("run.json", pickle.dumps(Evil())), "no JSON"),
    "no JSON": (replaced("run.json", b"{"), "no JSON"),
    "another JSON": (replaced("run.json", b"[1]"), "run.json"),
    "deep JSON": (replaced("run.json", b"[" * 500_000), "run.json|deep"),
    "NaN": (changed_json("run.json", guess=float("nan")), "NaN is no number"),
    "a newer format": (changed_json("run.json", schema=2), "newer version"),
    "a setting out of bounds": (changed_json("run.json", config={"patience": 0}), "Patience"),
    "another network": (changed_json("run.json", config={"cell": "lstm"}), "does not fit"),
    "a label of another kind": (changed_json("run.json", label=["x"]), "label"),
    "a time without a zone": (changed_json("run.json", created="2026-11-22"), "created"),
    "a parent elsewhere": (changed_json("run.json", parent="../x"), "parent"),
    "a source elsewhere": (
        changed_json("run.json", dataset={"source": "../x", "origin": "", "fingerprint": "0",
            "is_synthetic": False, "train_reviews": 1, "validation_reviews": 1}),
        "source",
    ),
    "a loss in words": (changed_event("epoch", val_loss="0.5"), "val_loss"),
    "a best epoch to come": (changed_event("epoch", best_epoch=99), "event"),
    "an unknown event": (changed_event("started", event="exec"), "event"),
    "a reason of its own": (changed_event("stopped", reason="magic"), "reason"),
    "words that are none": (changed_json("vocabulary.json", words=[1]), "no list of words"),
    "too many words": (changed_json("vocabulary.json", words=["x"] * 501), "501 words"),
    "weights of a wrong shape": (
        replaced("epochs/0001.safetensors",
                 weights(**{"dense.bias": np.zeros(2, dtype=np.float32)})),
        r"float32 \(2,\), but must be float32 \(1,\)",
    ),
    "weights of a wrong type": (
        replaced("epochs/0001.safetensors", weights(**{"dense.bias": np.zeros(1)})), "float64",
    ),
    "a weight that is no number": (
        replaced("epochs/0001.safetensors",
                 weights(**{"dense.bias": np.full(1, np.nan, dtype=np.float32)})),
        "not finite",
    ),
    "a weight too many": (
        replaced("epochs/0001.safetensors", weights(extra=np.zeros(1, dtype=np.float32))),
        "'extra' is odd",
    ),
    "weights of another epoch": (replaced("epochs/0001.safetensors", weights("2")), "epoch 1"),
    "a state that is none": (replaced("last.safetensors", weights()), "random generator"),
    "weights behind an average that is not kept": (
        added_to_optimizer(**{"trained.dense.bias": np.zeros(1, dtype=np.float32)}),
        "'optimizer/trained.dense.bias' is odd",
    ),
    "an average without the weights behind it": (
        changed_settings(weight_average=0.9), "'optimizer/trained.dense.bias' is odd",
    ),
    "weights of a wrong shape behind an average": (
        averaging(**{"dense.bias": np.zeros(2, dtype=np.float32)}),
        r"optimizer/trained.dense.bias is float32 \(2,\), but must be float32 \(1,\)",
    ),
    "a weight behind an average that is no number": (
        averaging(**{"dense.bias": np.full(1, np.nan, dtype=np.float32)}), "not finite",
    ),
    "a pinned review that was not judged": (
        changed_event("epoch", pinned=[]), "epoch 1 judges 0 pinned reviews, but the run has 1",
    ),
    "a judgement of no pinned review": (
        changed_event("epoch", pinned=[0.5, 0.5]), "epoch 1 judges 2 pinned reviews",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_does_not_fit_is_refused(fault: str, store: RunStore, files: Files) -> None:
    change, message = FAULTS[fault]
    change(files)
    refused(store, zipped(files), message)
    assert not Path("/tmp/imdb_studio_was_here").exists()


def test_weights_that_fit_but_were_not_announced_are_refused(
    sample_run: Run, store: RunStore, files: Files
) -> None:
    files[f"{sample_run.id}/epochs/0001.safetensors"] = weights()

    refused(store, zipped(files), "0001.safetensors is not what was noted for epoch 1")


def test_of_a_run_without_checksums_weights_that_fit_are_taken(
    sample_run: Run, store: RunStore, files: Files
) -> None:
    files[f"{sample_run.id}/epochs/0001.safetensors"] = weights()
    changed_event("epoch", sha256={})(files)

    run = import_run(store, zipped(files))
    assert not load_weights(run.folder / "epochs" / "0001.safetensors")[0]["dense.bias"].any()
    assert load_file(run.best_weights)["dense.bias"].any()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x00" * 1000, pickle.dumps(Evil())])
def test_what_is_no_zip_is_refused(content: bytes, store: RunStore) -> None:
    refused(store, io.BytesIO(content), "no zip of a run")


def refused(store: RunStore, archive: io.BytesIO, message: str) -> None:
    """The import fails with one sentence and leaves nothing behind."""
    with pytest.raises(RunArchiveError, match=message):
        import_run(store, archive)
    home = store.folder.parent.parent
    assert [path for path in home.rglob("*") if path.is_file()] == []
    assert store.all() == []
