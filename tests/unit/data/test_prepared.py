import shutil
from pathlib import Path

import numpy as np
import pytest

from imdb_core.data import DataLibrary, Reviews, Texts
from imdb_core.data.prepared import write_array
from imdb_core.errors import SourceDamagedError, StorageError
from imdb_core.settings import Settings

FILES = [
    "meta.json",
    "words.txt",
    *(
        f"{split}_{name}.npy"
        for split in ("train", "test")
        for name in ("ranks", "offsets", "labels", "stars", "utf8", "text_offsets")
    ),
]


@pytest.fixture
def prepared_sample(settings: Settings, sample_home: Path) -> Settings:
    # Not what another test's studio keeps beside them, which may be coming into being.
    others = shutil.ignore_patterns("baselines", ".*")
    shutil.copytree(sample_home / "data", settings.data_folder, ignore=others)
    return settings


def test_a_prepared_folder_holds_these_files_and_no_others(settings: Settings) -> None:
    DataLibrary(settings).prepare("sample")

    folder = settings.data_folder / "sample"
    assert sorted(file.name for file in folder.iterdir()) == sorted(FILES)


@pytest.mark.parametrize("damage", ["missing", "cut", "empty"])
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named_before_it_is_read_and_when_it_is(
    prepared_sample: Settings, name: str, damage: str
) -> None:
    file = prepared_sample.data_folder / "sample" / name
    content = file.read_bytes()
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(content[: len(content) // 2] if damage == "cut" else b"")

    library = DataLibrary(prepared_sample)
    status = library.status("sample")
    assert (status.is_damaged, status.is_prepared, status.is_preparable) == (True, False, True)
    assert f"{name} is missing or damaged. Prepare" in status.advice
    with pytest.raises(SourceDamagedError, match=f"{name} is missing or damaged. Prepare"):
        library.load("sample")


@pytest.mark.parametrize("name", ["train_ranks", "train_offsets"])
def test_numbers_that_cannot_be_are_damage(prepared_sample: Settings, name: str) -> None:
    file = prepared_sample.data_folder / "sample" / f"{name}.npy"
    array = np.load(file)
    array[7] = 1_000_000_000
    np.save(file, array)

    with pytest.raises(SourceDamagedError, match=name):
        DataLibrary(prepared_sample).load("sample")


def test_preparing_again_mends_a_damaged_folder(prepared_sample: Settings) -> None:
    library = DataLibrary(prepared_sample)
    (prepared_sample.data_folder / "sample" / "test_labels.npy").write_bytes(b"")

    fingerprint = library.prepare("sample").fingerprint

    assert library.load("sample").fingerprint == fingerprint
    assert len(library.load("sample").test.labels) == 1000


def test_a_full_disk_is_called_so() -> None:
    with pytest.raises(StorageError, match="disk is full: /dev/full"):
        write_array(Path("/dev/full"), np.arange(100_000))


def test_texts_and_rows_come_back_as_they_were() -> None:
    texts = Texts.from_strings(["", "žluťoučký kůň", "\ud7ff end"])
    reviews = Reviews.from_rows([[], [3, 1], [2]], [0, 1, 1])

    assert list(texts) == ["", "žluťoučký kůň", "\ud7ff end"]
    assert [reviews.ranks_of(row).tolist() for row in range(3)] == [[], [3, 1], [2]]
    assert reviews.lengths.tolist() == [0, 2, 1]
    with pytest.raises(IndexError, match="row -1"):
        reviews.ranks_of(-1)
