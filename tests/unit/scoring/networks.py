"""Networks that nobody trained, as runs on disk: every cell, readout and direction."""

from itertools import product
from pathlib import Path

import torch

from imdb_core.config import TrainConfig
from imdb_core.data import Vocabulary
from imdb_core.files import write_json_atomically
from imdb_core.model import SentimentRNN
from imdb_core.runs.checkpoints import save_weights
from imdb_core.runs.run import Run
from imdb_core.runs.store import RunStore
from imdb_core.training.records import EpochRecord

KINDS = [
    {"cell": cell, "readout": readout, "bidirectional": bidirectional, "num_layers": layers}
    for cell, readout, bidirectional, layers in product(
        ("rnn", "gru", "lstm"), ("last", "mean_max"), (False, True), (1, 2)
    )
]
KIND_NAMES = [
    f"{kind['cell']} {kind['readout']} {kind['num_layers']} "
    f"{'both ways' if kind['bidirectional'] else 'one way'}"
    for kind in KINDS
]


def untrained(folder: Path, vocabulary: Vocabulary, config: TrainConfig, *, epochs: int = 1) -> Run:
    """A finished run of `epochs` epochs with lively random weights, the last epoch the best."""
    store = RunStore(folder / "runs")
    run_id = store.create(config).id
    log = store.log(run_id)
    run_folder = store.folder / run_id
    torch.manual_seed(config.seed)
    for epoch in range(1, epochs + 1):
        network = SentimentRNN(
            config.vocab_size, config.embedding_dim, config.hidden_size, cell=config.cell,
            num_layers=config.num_layers, bidirectional=config.bidirectional,
            readout=config.readout,
        )  # fmt: skip
        with torch.no_grad():
            network.dense.weight *= 8
        weights = {name: value.numpy().copy() for name, value in network.state_dict().items()}
        save_weights(run_folder / "best.safetensors", weights, epoch)
        (run_folder / "epochs").mkdir(exist_ok=True)
        save_weights(run_folder / "epochs" / f"{epoch:04d}.safetensors", weights, epoch)
        record = EpochRecord(
            epoch=epoch, train_loss=0.7, val_loss=0.7 - epoch / 1000, val_accuracy=0.5,
            improved=True, bad_epochs=0, best_epoch=epoch, train_seconds=0.1, val_seconds=0.1,
        )  # fmt: skip
        log.append("epoch", **record._asdict())
    write_json_atomically(run_folder / "vocabulary.json", {"words": list(vocabulary.words)})
    run = store.get(run_id)
    log.append("stopped", **run.stopped_event("max_epochs"))
    return store.get(run_id)
