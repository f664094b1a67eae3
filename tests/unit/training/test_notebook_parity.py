import pytest
import torch

from imdb_core.config import PRESETS
from imdb_core.data import Dataset
from imdb_core.data.encoded import encode_split
from imdb_core.stop_flag import StopFlag
from imdb_core.training.loop import TrainingLoop
from imdb_core.training.records import EpochRecord
from tests import notebook


class History:
    def __init__(self) -> None:
        self.records: list[EpochRecord] = []

    def epoch(self, record: EpochRecord, loop: TrainingLoop) -> None:
        self.records.append(record)


@pytest.mark.imdb
def test_the_notebook_preset_repeats_the_notebook_epoch_by_epoch(keras_dataset: Dataset) -> None:
    config = PRESETS["notebook"].changed(engine="torch")
    train = encode_split(keras_dataset, "train", config)
    validation = encode_split(keras_dataset, "validation", config)
    torch.set_num_threads(1)  # the number that the project takes for so small a state
    train_losses, val_losses, best_epoch, accuracy = notebook.run(
        train.ids, train.labels, validation.ids, validation.labels
    )

    history = History()
    loop = TrainingLoop(config, train, validation, torch.device("cpu"))
    reason = loop.run(history, StopFlag())

    assert reason == "patience"
    assert len(history.records) == len(val_losses)
    assert [r.train_loss for r in history.records] == pytest.approx(train_losses, abs=1e-6)
    assert [r.val_loss for r in history.records] == pytest.approx(val_losses, abs=1e-6)
    assert loop.stopping.best_epoch == best_epoch
    assert history.records[best_epoch - 1].val_accuracy == accuracy
