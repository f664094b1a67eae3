from pathlib import Path

import numpy as np
import pytest
import torch

from imdb_core.config import PRESETS, TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.data.encoded import encode_split
from imdb_core.model.kernels import engine as kernels_engine
from imdb_core.stop_flag import StopFlag
from imdb_core.training.loop import TrainingLoop
from imdb_core.training.records import EpochRecord
from tests import notebook
from tests.conftest import settings_in
from tests.kernels import has_exact_kernels


class History:
    def __init__(self) -> None:
        self.records: list[EpochRecord] = []

    def epoch(self, record: EpochRecord, loop: TrainingLoop) -> None:
        self.records.append(record)

    @property
    def losses(self) -> list[tuple[float, float]]:
        return [(record.train_loss, record.val_loss) for record in self.records]


@pytest.mark.imdb
def test_both_engines_repeat_the_notebook_epoch_by_epoch(keras_dataset: Dataset) -> None:
    """The fast one only where it rounds as PyTorch does: any other way to round parts from the
    notebook after some 21 epochs and stops elsewhere.
    """
    config = PRESETS["notebook"]
    train = encode_split(keras_dataset, "train", config)
    validation = encode_split(keras_dataset, "validation", config)
    torch.set_num_threads(1)  # the number that the project takes for so small a state
    train_losses, val_losses, best_epoch, accuracy = notebook.run(
        train.ids, train.labels, validation.ids, validation.labels
    )

    loops = []
    for engine in ("torch", "fast") if has_exact_kernels() else ("torch",):
        history = History()
        loop = TrainingLoop(config.changed(engine=engine), train, validation, torch.device("cpu"))
        assert loop.run(history, StopFlag()) == "patience"

        assert len(history.records) == len(val_losses)
        expected = list(zip(train_losses, val_losses, strict=True))
        np.testing.assert_allclose(history.losses, expected, rtol=0, atol=1e-6)
        assert loop.stopping.best_epoch == best_epoch
        assert history.records[best_epoch - 1].val_accuracy == accuracy
        loops.append(loop)

    for name, weights in loops[0].engine.weights().items():
        assert np.array_equal(weights, loops[-1].engine.weights()[name])


def trained(dataset: Dataset, config: TrainConfig) -> tuple[str, int, History]:
    """How the training ended, its best epoch, and all its epochs."""
    splits = [encode_split(dataset, split, config) for split in ("train", "validation")]
    loop = TrainingLoop(config, *splits, torch.device("cpu"))
    history = History()
    return loop.run(history, StopFlag()), loop.stopping.best_epoch, history


@pytest.mark.parametrize("family", ["exact", "ordinary"])
def test_either_family_of_kernels_follows_pytorch_and_stops_where_it_does(
    sample_home: Path, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Notebook's network takes the ordinary ones where PyTorch has no MKL: on ARM, on a Mac."""
    if family == "ordinary":
        monkeypatch.setattr(kernels_engine, "choices_for", lambda sizes: None)
    elif not has_exact_kernels():
        pytest.skip("this machine takes the ordinary kernels")
    dataset = DataLibrary(settings_in(sample_home)).load("sample")
    config = PRESETS["notebook"].changed(source="sample", learning_rate=3e-3)

    *expected_end, expected = trained(dataset, config.changed(engine="torch"))
    *end, history = trained(dataset, config.changed(engine="fast"))

    assert end == expected_end
    np.testing.assert_allclose(history.losses, expected.losses, rtol=0, atol=1e-5)
