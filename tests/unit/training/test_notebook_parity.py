from pathlib import Path

import numpy as np
import pytest
import torch

from imdb_core.config import PRESETS, TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.data.encoded import EncodedSplit, encode_split
from imdb_core.stop_flag import StopFlag
from imdb_core.training.loop import TrainingLoop
from imdb_core.training.records import EpochRecord
from tests import notebook
from tests.conftest import settings_in


class History:
    def __init__(self) -> None:
        self.records: list[EpochRecord] = []

    def epoch(self, record: EpochRecord, loop: TrainingLoop) -> None:
        self.records.append(record)

    @property
    def losses(self) -> list[tuple[float, float]]:
        return [(record.train_loss, record.val_loss) for record in self.records]


def every(step: int, split: EncodedSplit) -> EncodedSplit:
    return EncodedSplit(
        ids=split.ids[::step].copy(), labels=split.labels[::step].copy(), rows=split.rows[::step]
    )


# With some of the reviews a whole run until patience stops it; with all the first two epochs.
@pytest.mark.imdb
@pytest.mark.parametrize(
    ("steps", "epochs", "end"), [((10, 50), 100, "patience"), ((1, 1), 2, "max_epochs")]
)
def test_the_notebooks_arithmetic_repeats_the_notebook_bit_by_bit(
    keras_dataset: Dataset, steps: tuple[int, int], epochs: int, end: str
) -> None:
    config = PRESETS["notebook"].changed(engine="torch", max_epochs=epochs)
    train, validation = (
        every(step, encode_split(keras_dataset, split, config))
        for step, split in zip(steps, ("train", "validation"), strict=True)
    )
    torch.set_num_threads(1)  # the number that the project takes for so small a state
    train_losses, val_losses, best_epoch, accuracy = notebook.run(
        train.ids, train.labels, validation.ids, validation.labels, epochs=epochs
    )

    history = History()
    loop = TrainingLoop(config, train, validation, torch.device("cpu"))
    assert loop.run(history, StopFlag()) == end

    # Means of the very same batch losses, which are added up in another order.
    expected = list(zip(train_losses, val_losses, strict=True))
    np.testing.assert_allclose(history.losses, expected, rtol=0, atol=1e-12)
    assert loop.stopping.best_epoch == best_epoch
    assert history.records[best_epoch - 1].val_accuracy == accuracy


@pytest.mark.imdb
def test_the_kernels_follow_the_notebook_until_rounding_parts_them(keras_dataset: Dataset) -> None:
    """They round otherwise, which this training amplifies: some twenty epochs later it shows."""
    config = PRESETS["notebook"].changed(max_epochs=5, patience=5)
    histories = [
        trained(keras_dataset, config.changed(engine=name))[2] for name in ("torch", "fast")
    ]
    np.testing.assert_allclose(histories[1].losses, histories[0].losses, rtol=0, atol=1e-6)


def trained(dataset: Dataset, config: TrainConfig) -> tuple[str, int, History]:
    """How the training ended, its best epoch, and all its epochs."""
    splits = [encode_split(dataset, split, config) for split in ("train", "validation")]
    loop = TrainingLoop(config, *splits, torch.device("cpu"))
    history = History()
    return loop.run(history, StopFlag()), loop.stopping.best_epoch, history


def test_the_kernels_follow_pytorch_and_stop_where_it_does(sample_home: Path) -> None:
    dataset = DataLibrary(settings_in(sample_home)).load("sample")
    config = PRESETS["notebook"].changed(source="sample", learning_rate=3e-3)

    *expected_end, expected = trained(dataset, config.changed(engine="torch"))
    *end, history = trained(dataset, config.changed(engine="fast"))

    assert end == expected_end
    np.testing.assert_allclose(history.losses, expected.losses, rtol=0, atol=1e-5)
