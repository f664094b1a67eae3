import math
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

from imdb_core import baselines, baselines_worker
from imdb_core.baselines import Baselines, cached, compute
from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.data.split import validation_split
from imdb_core.errors import DataError, DataNotPreparedError, PreparationCancelledError
from imdb_core.evaluation import baseline_rows
from tests.conftest import settings_in

CONFIG = TrainConfig(source="sample")
NEVER = [sys.executable, "-c", "raise SystemExit('nobody was to be asked')"]
DIES = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
RAISES = [sys.executable, "-c", "raise SystemExit('MemoryError: too many words')"]


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    DataLibrary(settings_in(home)).prepare("sample")
    return settings_in(home).data_folder


@pytest.fixture(scope="module")
def dataset(data_folder: Path) -> Dataset:
    return DataLibrary(settings_in(data_folder.parent)).load("sample")


@pytest.fixture(scope="module")
def found(dataset: Dataset, data_folder: Path) -> Baselines:
    return compute(dataset, CONFIG, data_folder)


def sklearn_figures(dataset: Dataset, ngrams: tuple[int, int]) -> tuple[float, float]:
    """Loss and accuracy of scikit-learn's own vectoriser on the same rows."""
    train, validation = validation_split(len(dataset.train), CONFIG.validation_fraction)
    texts = [" ".join(map(str, dataset.train.ranks_of(row))) for row in range(len(dataset.train))]
    judge = make_pipeline(
        TfidfVectorizer(token_pattern=r"\S+", ngram_range=ngrams, min_df=3, sublinear_tf=True),
        LogisticRegression(C=10.0, max_iter=200),
    )
    labels = np.asarray(dataset.train.labels)
    judge.fit([texts[row] for row in train], labels[train])
    judged = judge.predict_proba([texts[row] for row in validation])[:, 1]
    accuracy = ((judged > 0.5) == labels[validation]).mean()
    return float(log_loss(labels[validation], judged)), float(accuracy)


@pytest.mark.parametrize(("name", "ngrams"), [("bag_of_words", (1, 1)), ("word_pairs", (1, 2))])
def test_bags_are_scikit_learns_own_on_the_same_split(
    found: Baselines, dataset: Dataset, name: str, ngrams: tuple[int, int]
) -> None:
    loss, accuracy = sklearn_figures(dataset, ngrams)

    assert getattr(found, name).loss == pytest.approx(loss, rel=1e-3)
    assert getattr(found, name).accuracy == pytest.approx(accuracy, abs=0.002)


def test_the_majority_is_that_of_the_training_reviews(found: Baselines, dataset: Dataset) -> None:
    train, validation = validation_split(len(dataset.train), CONFIG.validation_fraction)
    p = float(dataset.train.labels[train].mean())
    positive = float(dataset.train.labels[validation].mean())

    assert (found.train_reviews, found.validation_reviews) == (len(train), len(validation))
    assert found.majority.accuracy == pytest.approx(positive if p > 0.5 else 1 - positive)
    assert found.majority.loss == pytest.approx(
        -positive * math.log(p) - (1 - positive) * math.log(1 - p)
    )


def test_what_was_found_is_kept_for_all_runs_of_the_same_split(
    found: Baselines, dataset: Dataset, data_folder: Path
) -> None:
    other_network = CONFIG.changed(cell="gru", seed=7)

    assert cached(dataset, other_network, data_folder) == found
    assert compute(dataset, other_network, data_folder, worker=NEVER) == found
    assert cached(dataset, CONFIG.changed(validation_fraction=0.3), data_folder) is None


def test_the_bag_of_words_is_fitted_once_for_both_pages(
    found: Baselines, dataset: Dataset, data_folder: Path
) -> None:
    folder = data_folder / dataset.source
    rows = baseline_rows.compute(dataset, 0.2, data_folder, worker=NEVER)
    known = rows.bag_of_words_metrics["validation"]
    assert (known.accuracy, known.log_loss) == (
        found.bag_of_words.accuracy,
        found.bag_of_words.loss,
    )

    other = replace(
        rows,
        validation_fraction=0.25,
        bag_of_words_metrics=rows.bag_of_words_metrics
        | {"validation": known.model_copy(update={"accuracy": 0.125})},
    )
    baseline_rows.keep(folder, other)
    again = compute(dataset, CONFIG.changed(validation_fraction=0.25), data_folder)
    assert again.bag_of_words.accuracy == 0.125


def test_what_was_found_on_other_data_or_is_damaged_is_not_used(
    found: Baselines, dataset: Dataset, tmp_path: Path
) -> None:
    file = tmp_path / "sample" / "baselines" / "0.2.json"
    file.parent.mkdir(parents=True)

    file.write_text(found.model_copy(update={"fingerprint": "of others"}).model_dump_json())
    assert cached(dataset, CONFIG, tmp_path) is None
    file.write_text(found.model_dump_json()[:50])
    assert cached(dataset, CONFIG, tmp_path) is None


def test_a_folder_that_is_gone_or_new_is_named(
    dataset: Dataset, data_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataNotPreparedError, match="is not prepared"):
        compute(dataset, CONFIG, tmp_path)
    before = Dataset(*{**vars(dataset), "fingerprint": "of others"}.values())
    with pytest.raises(DataError, match="holds other reviews than before"):
        compute(before, CONFIG, data_folder)


@pytest.mark.parametrize(
    ("worker", "sentence"),
    [
        (DIES, r"was killed \(signal 9\), perhaps because memory ran out"),
        (RAISES, r"could not be worked out \(MemoryError: too many words\)"),
    ],
)
def test_a_worker_that_fails_is_explained(
    dataset: Dataset, tmp_path: Path, worker: list[str], sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        compute(dataset, CONFIG, tmp_path, worker=worker)


def test_cancelling_ends_the_worker_and_keeps_nothing(dataset: Dataset, tmp_path: Path) -> None:
    waits = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    asked: list[bool] = []

    with pytest.raises(PreparationCancelledError):
        compute(
            dataset, CONFIG, tmp_path, worker=waits,
            is_cancelled=lambda: bool(asked.append(True)) or len(asked) > 2,
        )  # fmt: skip

    assert list(tmp_path.iterdir()) == []


def test_the_worker_ends_when_its_parent_dies(dataset: Dataset, data_folder: Path) -> None:
    # Its standard input is at its end, as after a kill of the parent.
    worker = subprocess.run(
        [*baselines.WORKER, str(data_folder / "sample"), "0.35", dataset.fingerprint],
        stdin=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
        capture_output=True,
    )

    assert (worker.returncode, worker.stdout) == (1, b"")


def test_scikit_learn_stays_out_of_the_process_that_asks() -> None:
    code = "import sys, imdb_core.baselines; print({'sklearn', 'scipy', 'torch'} & {*sys.modules})"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert output.stdout.strip() == "set()"


def test_two_processes_that_want_the_same_bags_fit_them_once(
    found: Baselines, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sample"
    folder.mkdir()
    fitted = []

    def measure(*arguments: object) -> Baselines:
        # The other has come to ask by now, or will: it finds what is found here.
        other.start()
        fitted.append(arguments)
        return found

    def find() -> Baselines:
        return baselines_worker.find(folder, 0.2, found.fingerprint)

    answers: list[Baselines] = []
    other = threading.Thread(target=lambda: answers.append(find()))
    monkeypatch.setattr(baselines_worker, "measure", measure)
    answers.append(find())
    other.join()

    assert answers == [found, found]
    assert len(fitted) == 1
