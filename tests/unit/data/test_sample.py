import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from imdb_core.data import DataLibrary, Dataset, fingerprint_of
from imdb_core.data.sample import WRONG_LABELS
from imdb_core.settings import Settings

PROJECT = Path(__file__).parents[3]


def load(home: Path) -> Dataset:
    return DataLibrary(Settings(home=home, aclimdb=None, keras_home=home)).load("sample")


def test_the_sample_is_the_same_in_every_process() -> None:
    command = "from imdb_core.data import sample; print(sample.make().fingerprint)"
    fingerprints = {
        subprocess.run(
            [sys.executable, "-c", command],
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=PROJECT,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(fingerprints) == 1


def test_the_sample_says_that_it_is_not_imdb(sample_home: Path) -> None:
    dataset = load(sample_home)

    assert dataset.is_synthetic
    assert dataset.origin == "synthetic sample, not IMDB"
    assert dataset.fingerprint == fingerprint_of(dataset.train, dataset.test, dataset.vocabulary)


def test_the_sample_looks_like_reviews(sample_home: Path) -> None:
    dataset = load(sample_home)

    assert (len(dataset.train), len(dataset.test)) == (4000, 1000)
    assert 300 < len(dataset.vocabulary) < 1000
    assert dataset.train.lengths.min() >= 15
    assert dataset.train.lengths.max() <= 131
    assert np.percentile(dataset.train.lengths, [5, 95]).tolist() == [30, 96]
    assert dataset.train.labels.mean() == np.clip(dataset.train.labels.mean(), 0.48, 0.52)
    assert dataset.train.stars is not None
    assert set(dataset.train.stars.tolist()) == {1, 2, 3, 4, 7, 8, 9, 10}
    assert ((dataset.train.stars > 5) == dataset.train.labels).all()


def test_counting_words_alone_falls_well_short_of_the_truth(sample_home: Path) -> None:
    dataset = load(sample_home)
    train = [dataset.text(dataset.train, row) for row in range(len(dataset.train))]
    test = [dataset.text(dataset.test, row) for row in range(len(dataset.test))]

    def accuracy(longest_phrase: int) -> float:
        vectorizer = CountVectorizer(ngram_range=(1, longest_phrase))
        model = LogisticRegression(C=0.3, max_iter=2000)
        model.fit(vectorizer.fit_transform(train), dataset.train.labels)
        return float(model.score(vectorizer.transform(test), dataset.test.labels))

    words, phrases = accuracy(1), accuracy(2)

    assert 0.70 < words < 0.85
    assert words + 0.03 < phrases < 1 - WRONG_LABELS
