import errno
import gzip
import io
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from imdb_core.data import DataLibrary, Dataset, Progress, Reviews
from imdb_core.errors import (
    PreparationCancelledError,
    SourceDamagedError,
    SourceUnavailableError,
    StudioError,
)
from imdb_core.settings import Settings

TREE = {
    "train/pos/2_9.txt": "Good, good film",
    "train/pos/10_10.txt": "good café film",
    "train/neg/0_1.txt": "Bad film<br />bad",
    "train/neg/1_4.txt": "boring",
    "test/pos/0_7.txt": "an unseen good word",
    "test/neg/3_2.txt": "bad bad bad",
}


def write_tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return root


def write_archive(
    path: Path, files: dict[str, str], extra: tuple[tarfile.TarInfo, ...] = ()
) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member in extra:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
        for name, text in files.items():
            member = tarfile.TarInfo(f"aclImdb/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def prepare(settings: Settings, path: Path) -> Dataset:
    return DataLibrary(settings).prepare("aclimdb", path=path)


def spoken(reviews: Reviews, numbers: NDArray[np.int32]) -> Counter[tuple[int, bytes]]:
    """Label and known words of each review; `numbers` says which word a rank is."""
    rows = (numbers[reviews.ranks_of(row)] for row in range(len(reviews)))
    return Counter(
        (int(label), row[row > 0].tobytes())
        for label, row in zip(reviews.labels, rows, strict=True)
    )


@pytest.mark.imdb
@pytest.mark.parametrize("split", ["train", "test"])
def test_without_unknown_words_the_rows_are_kerass(
    aclimdb_dataset: Dataset, keras_dataset: Dataset, split: str
) -> None:
    # Both count the same words, but order equally frequent ones differently, and Keras's
    # index was made by Python 2, whose lower() left accented capitals alone: "Álex".
    number_of: dict[str, int] = {}
    ours, theirs = (
        spoken(
            dataset.train if split == "train" else dataset.test,
            np.array(
                [0]
                + [
                    number_of.setdefault(word.lower(), len(number_of) + 1)
                    for word in dataset.vocabulary.words
                ],
                dtype=np.int32,
            ),
        )
        for dataset in (keras_dataset, aclimdb_dataset)
    )

    assert sum(ours.values()) == 25_000
    assert ours == theirs


@pytest.mark.imdb
def test_stars_are_those_of_the_file_names(aclimdb_dataset: Dataset) -> None:
    stars = aclimdb_dataset.train.stars

    assert stars is not None
    assert np.bincount(stars)[1:].tolist() == [5100, 2284, 2420, 2696, 0, 0, 2496, 3009, 2263, 4732]
    assert ((stars > 5) == aclimdb_dataset.train.labels).all()


def test_folder_parent_and_archive_give_the_same_data_set(
    settings: Settings, tmp_path: Path
) -> None:
    folder = write_tree(tmp_path / "parent" / "aclImdb", TREE)
    archive = write_archive(tmp_path / "acl.tar.gz", dict(reversed(TREE.items())))

    datasets = [prepare(settings, path) for path in (folder, folder.parent, archive)]

    assert len({dataset.fingerprint for dataset in datasets}) == 1
    assert len({tuple(dataset.train.texts or ()) for dataset in datasets}) == 1


def zipped(path: Path, prefix: str = "aclImdb/", slash: str = "/") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{prefix}train/".replace("/", slash), "")
        for name, text in TREE.items():
            entry = zipfile.ZipInfo("x")
            entry.filename = f"{prefix}{name}".replace("/", slash)  # ZipInfo itself turns it round
            archive.writestr(entry, text.encode())
            beside, _, file = f"{prefix}{name}".rpartition("/")
            archive.writestr(f"__MACOSX/{beside}/._{file}", b"\0\x05\x16\x07")
        archive.writestr(f"{prefix}.DS_Store", b"\0\0\0\1Bud1")
    return path


def test_archives_as_computers_make_them_give_the_same_data_set(
    settings: Settings, tmp_path: Path
) -> None:
    parent = write_tree(tmp_path / "Downloads" / "aclImdb_v1" / "aclImdb", TREE).parent
    expected = write_archive(tmp_path / "acl.tar.gz", TREE)
    unpacked = tmp_path / "acl.tar.gz.tar.gz"  # a browser unpacked it and left the name
    unpacked.write_bytes(gzip.decompress(expected.read_bytes()))

    datasets = [prepare(settings, path) for path in (
        expected, parent, parent.parent, parent / "aclImdb" / "train",
        parent / "aclImdb" / "test" / "pos", unpacked, zipped(tmp_path / "mac.zip"),
        zipped(tmp_path / "windows.zip", slash="\\"), zipped(tmp_path / "flat.zip", ""),
        zipped(tmp_path / "high.zip", "Downloads/aclImdb_v1/aclImdb/"),
    )]  # fmt: skip

    assert len({dataset.fingerprint for dataset in datasets}) == 1
    assert {dataset.origin for dataset in datasets} == {
        "IMDB reviews, from Stanford's aclImdb (6 of 50,000)"
    }


@pytest.mark.parametrize("is_archive", [False, True])
def test_a_part_that_was_unpacked_says_how_many_reviews_are_missing(
    settings: Settings, tmp_path: Path, is_archive: bool
) -> None:
    tree = {f"test/neg/{n}_1.txt": "bad" for n in range(1_000)} | {
        f"test/pos/{n}_9.txt": "good" for n in range(21)
    }
    path = (write_archive(tmp_path / "acl.tar.gz", tree) if is_archive
            else write_tree(tmp_path / "aclImdb", tree))  # fmt: skip

    with pytest.raises(SourceDamagedError) as caught:
        prepare(settings, path)

    assert "holds 1,021 of Stanford's 50,000 reviews" in str(caught.value)
    assert "48,979 are missing" in str(caught.value)
    assert "1,000 in test/neg, 21 in test/pos" in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_zip_is_named(settings: Settings, tmp_path: Path, share: float) -> None:
    archive = zipped(tmp_path / "acl.zip")
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * share)])

    with pytest.raises(SourceDamagedError, match=r"acl\.zip is truncated"):
        prepare(settings, archive)


def test_rows_stand_by_label_and_number_and_unseen_words_have_rank_0(
    settings: Settings, tmp_path: Path
) -> None:
    dataset = prepare(settings, write_tree(tmp_path / "aclImdb", TREE))

    assert dataset.train.labels.tolist() == [0, 0, 1, 1]
    assert dataset.train.stars is not None
    assert dataset.train.stars.tolist() == [1, 4, 9, 10]
    assert dataset.text(dataset.train, 3) == "good café film"
    assert dataset.vocabulary.words[:3] == ("film", "good", "bad")
    assert dataset.test.ranks_of(1).tolist() == [0, 0, 2, 0]


def test_members_that_would_leave_the_folder_are_ignored(
    settings: Settings, tmp_path: Path
) -> None:
    def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 4) -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.type, info.size, info.linkname = kind, size, "/etc/hostname"
        return info

    evil = (
        member(f"{tmp_path}/outside.txt"),
        member("/aclImdb/train/pos/90_9.txt"),
        member("aclImdb/../train/pos/91_9.txt"),
        member("../aclImdb/train/pos/92_9.txt"),
        member("aclImdb/train/pos/93_9.txt", tarfile.SYMTYPE, 0),
        member("aclImdb/train/pos/94_9.txt", tarfile.LNKTYPE, 0),
        member("aclImdb/train/pos/95_9.txt", tarfile.FIFOTYPE, 0),
        member("aclImdb/train/unsup/96_0.txt"),
    )
    archive = write_archive(tmp_path / "evil.tar.gz", TREE, evil)

    dataset = prepare(settings, archive)

    assert len(dataset.train) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.tar.gz", "home"]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_a_truncated_archive_is_not_a_shorter_one(
    settings: Settings, tmp_path: Path, share: float
) -> None:
    archive = write_archive(tmp_path / "acl.tar.gz", TREE)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * share)])

    with pytest.raises(SourceDamagedError, match=r"acl\.tar\.gz is truncated"):
        prepare(settings, archive)
    assert not DataLibrary(settings).status("aclimdb").is_prepared


@pytest.mark.parametrize(
    "content", [b"", b"no archive", gzip.compress(b"no tar in here" * 99, mtime=0)]
)
def test_what_is_no_archive_is_named(settings: Settings, tmp_path: Path, content: bytes) -> None:
    archive = tmp_path / "acl.tar.gz"
    archive.write_bytes(content)

    with pytest.raises(SourceDamagedError, match=r"acl\.tar\.gz"):
        prepare(settings, archive)


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"caf\xe9", "not UTF-8"), (b" \n", "is empty"), (b"x" * (2 << 20), "too many")],
)
def test_a_file_that_is_no_review_is_named(
    settings: Settings, tmp_path: Path, content: bytes, fault: str
) -> None:
    folder = write_tree(tmp_path / "aclImdb", TREE)
    (folder / "test" / "neg" / "5_3.txt").write_bytes(content)

    with pytest.raises(SourceDamagedError, match=rf"5_3\.txt .*{fault}"):
        prepare(settings, folder)


def test_a_missing_part_is_named(settings: Settings, tmp_path: Path) -> None:
    tree = {name: text for name, text in TREE.items() if not name.startswith("test/pos")}

    with pytest.raises(SourceDamagedError, match="no reviews in test/pos"):
        prepare(settings, write_tree(tmp_path / "aclImdb", tree))


@pytest.mark.parametrize("name", ["nowhere", "nowhere.tar.gz"])
def test_a_path_that_is_not_there_is_named(settings: Settings, tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceUnavailableError, match=f"{name} cannot be read: No such file"):
        prepare(settings, tmp_path / name)


@pytest.mark.imdb
def test_cancelling_ends_it_and_leaves_nothing(settings: Settings, imdb_test_data: Path) -> None:
    seen: list[Progress] = []

    with pytest.raises(PreparationCancelledError):
        DataLibrary(settings).prepare(
            "aclimdb",
            path=imdb_test_data / "aclImdb_v1.tar.gz",
            on_progress=seen.append,
            is_cancelled=lambda: len(seen) == 10,
        )

    assert len(seen) == 10
    assert (seen[-1].stage, seen[-1].unit) == ("Reading aclImdb_v1.tar.gz", "bytes")
    assert 0 < seen[-1].done < (seen[-1].total or 0)
    assert [path.name for path in settings.data_folder.iterdir()] == [".aclimdb.lock"]


def test_every_error_is_one_for_the_user(settings: Settings) -> None:
    with pytest.raises(StudioError, match="IMDB_STUDIO_ACLIMDB"):
        DataLibrary(settings).prepare("aclimdb")


def test_a_damaged_set_is_read_again_from_where_it_came_from(
    settings: Settings, tmp_path: Path
) -> None:
    archive = write_archive(tmp_path / "aclImdb.tar.gz", TREE)
    fingerprint = prepare(settings, archive).fingerprint
    (settings.data_folder / "aclimdb" / "train_ranks.npy").unlink()
    library = DataLibrary(settings)

    assert library.status("aclimdb").is_preparable
    assert library.prepare("aclimdb").fingerprint == fingerprint

    (settings.data_folder / "aclimdb" / "train_ranks.npy").unlink()
    archive.unlink()
    assert not library.status("aclimdb").is_preparable


def test_a_place_that_may_not_be_looked_at_is_what_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_dir(path: Path) -> bool:
        if path.name == "of_somebody_else":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return was(path)

    was = Path.is_dir
    monkeypatch.setattr(Path, "is_dir", is_dir)

    with pytest.raises(SourceUnavailableError, match="/of_somebody_else cannot be read"):
        prepare(settings, Path("/of_somebody_else"))
