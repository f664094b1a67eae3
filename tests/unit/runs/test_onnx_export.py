"""The ONNX file against PyTorch, on real test reviews where they are there."""

import json
import re
from itertools import product

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from imdb_core.config import TrainConfig
from imdb_core.data import DataLibrary, Dataset
from imdb_core.data.encoded import encode_split
from imdb_core.errors import RunDamagedError
from imdb_core.model import SentimentRNN
from imdb_core.runs import onnx_graph
from imdb_core.runs.checkpoints import load_weights
from imdb_core.runs.export import export
from imdb_core.runs.onnx_export import TOLERANCE, largest_distance
from imdb_core.runs.run import Run
from imdb_core.scoring import Scorer
from imdb_core.training.records import Arrays
from tests.conftest import settings_in

REVIEWS = 1_000
NETWORKS = list(product(["rnn", "gru", "lstm"], ["last", "mean_max"], [False, True], [1, 2]))


@pytest.fixture(scope="module")
def dataset(request: pytest.FixtureRequest) -> Dataset:
    """IMDB if it can be had, else the sample."""
    try:
        data: Dataset = request.getfixturevalue("keras_dataset")
        return data
    except pytest.skip.Exception:
        return DataLibrary(settings_in(request.getfixturevalue("sample_home"))).load("sample")


def strong_weights(config: TrainConfig) -> Arrays:
    """Of a network whose states reach far into the tanh, and which is sure of its verdicts."""
    torch.manual_seed(config.seed)
    network = SentimentRNN(
        config.vocab_size, config.embedding_dim, config.hidden_size, cell=config.cell,
        num_layers=config.num_layers, bidirectional=config.bidirectional, readout=config.readout,
    )  # fmt: skip
    return {name: 2 * value.numpy() for name, value in network.state_dict().items()}


@pytest.mark.parametrize(("cell", "readout", "bidirectional", "num_layers"), NETWORKS)
def test_every_network_gives_pytorchs_probabilities(
    dataset: Dataset, cell: str, readout: str, bidirectional: bool, num_layers: int
) -> None:
    config = TrainConfig.parse(
        {"cell": cell, "readout": readout, "bidirectional": bidirectional,
         "num_layers": num_layers, "hidden_size": 12}
    )  # fmt: skip
    weights = strong_weights(config)
    content = onnx_graph.build_model(config, weights, {}).SerializeToString()
    ids = encode_split(dataset, "test", config).ids[:REVIEWS]

    assert len(ids) == REVIEWS
    assert largest_distance(content, config, weights, ids) <= TOLERANCE
    assert largest_distance(content, config, weights, ids, in_double=False) <= TOLERANCE


def test_the_exported_file_scores_with_what_it_carries(
    sample_run: Run, sample_home: object
) -> None:
    content = export(sample_run, "onnx")
    model = onnx.load_from_string(content)
    properties = {entry.key: entry.value for entry in model.metadata_props}
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])

    words = json.loads(properties["words"])
    ids = np.array([[0, 0, 1, words.index("good") + 4], [0, 0, 0, 0]])
    (probabilities,) = session.run(["probability"], {"token_ids": ids})

    weights, epoch = load_weights(sample_run.best_weights)
    network = SentimentRNN.with_weights(sample_run.config, weights)
    with torch.inference_mode():
        expected = torch.sigmoid(network(torch.from_numpy(ids))).numpy()
    assert np.abs(probabilities - expected).max() <= TOLERANCE
    assert (properties["run"], properties["epoch"]) == (sample_run.id, str(epoch))
    assert TrainConfig.parse(json.loads(properties["settings"])) == sample_run.config


def test_whoever_does_what_the_file_says_gets_the_score_of_the_program(sample_run: Run) -> None:
    content = export(sample_run, "onnx")
    properties = {e.key: e.value for e in onnx.load_from_string(content).metadata_props}
    said, settings = properties["input"], json.loads(properties["settings"])
    length, text = settings["max_length"], "A good film, not a bad one!"
    numbers = {word: n + 3 for n, word in enumerate(json.loads(properties["words"]), start=1)}
    words = re.sub("[!,]", " ", text.lower()).split()
    ids = [1] + [id if (id := numbers.get(w, 2)) < settings["vocab_size"] else 2 for w in words]
    padded = [0] * (length - len(ids)) + ids

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    given = [float(session.run(["probability"], {"token_ids": np.array([row])})[0][0])
             for row in (padded, ids)]  # fmt: skip

    expected = Scorer.load(sample_run).score(text).probability
    assert f"exactly max_length = {length} ids" in said
    assert f"padded with 0 in front up to {length}" in said
    assert given[0] == pytest.approx(expected, abs=TOLERANCE)
    assert given[1] != pytest.approx(expected, abs=TOLERANCE)


def test_a_file_that_does_not_agree_with_pytorch_is_not_handed_out(
    sample_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(onnx_graph._GATES, "gru", (0, 1, 2))  # PyTorch's own order
    with pytest.raises(RunDamagedError, match="was not handed out"):
        export(sample_run, "onnx")
