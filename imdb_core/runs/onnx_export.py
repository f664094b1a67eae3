"""A run's best weights as an ONNX file, checked before it is handed out."""

from __future__ import annotations

import json
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imdb_core.config import TrainConfig
from imdb_core.data.vocabulary import FILTERED_SIGNS
from imdb_core.errors import RunDamagedError
from imdb_core.runs.checkpoints import read
from imdb_core.runs.folder import VOCABULARY
from imdb_core.runs.reading import parse_words
from imdb_core.runs.run import Run
from imdb_core.runs.weights import load_epoch
from imdb_core.training.records import Arrays

TOLERANCE: Final = 1e-5
"""How far P(positive) may be from PyTorch's in double precision.

In single precision PyTorch is as far from that as onnxruntime: on 5,000 real reviews 6e-6 and
6e-6 with the Notebook preset trained to its end, and by chance 1.1e-5 from each other.
"""

_INPUT: Final = (
    "Token ids (N, {length}): N reviews of exactly max_length = {length} ids each. A text is in "
    "plain signs (Unicode NFKC, the keyboard's quotes and dashes), in lower case, and its words "
    "are what stands between spaces, tabs, line ends and the signs {signs} (an apostrophe belongs "
    "to its word). A review's ids are 1, which starts it, then one a word: the n-th of `words` is "
    "n + 3 from n = 1 on, and any other word, like ids from vocab_size = {vocab_size} on, is 2. "
    "Keep the last {length} ids; a review of fewer is padded with 0 in front up to {length}, for "
    "a shorter row gives another probability."
)
_ROWS: Final = 128


def as_onnx(run: Run) -> bytes:
    """The file; onnxruntime has given PyTorch's P(positive) with it, to `TOLERANCE`.

    Raises:
        RunStateError: the run has no weights yet.
        RunDamagedError: its files cannot be read, or the file does not agree with them.
    """
    # Imported where they are needed: together they take most of a second.
    from imdb_core.runs.onnx_graph import build_model

    weights, epoch = load_epoch(run, None)
    properties = {
        "run": run.id,
        "epoch": str(epoch),
        "input": _input_words(run.config),
        "words": _words(run),
    }
    content: bytes = build_model(run.config, weights, properties).SerializeToString()
    distance = largest_distance(content, run.config, weights, _probes(run.config))
    if not distance <= TOLERANCE:  # nor NaN
        raise RunDamagedError(
            f"The ONNX file of run {run.id} was not handed out: its P(positive) is {distance:.1e} "
            f"from PyTorch's, and {TOLERANCE:.0e} is allowed. Export it as safetensors."
        )
    return content


def _input_words(config: TrainConfig) -> str:
    return _INPUT.format(
        length=config.max_length, vocab_size=config.vocab_size, signs=FILTERED_SIGNS
    )


def largest_distance(
    content: bytes,
    config: TrainConfig,
    weights: Arrays,
    token_ids: NDArray[np.integer],
    *,
    in_double: bool = True,
) -> float:
    """How far onnxruntime's P(positive) is, at most, from PyTorch's.

    Args:
        content: the ONNX file.
        config: the network's settings.
        weights: the network's.
        token_ids: padded (N, T).
        in_double: PyTorch computes in double precision, else in single as the file does.
    """
    import onnxruntime  # type: ignore[import-untyped]
    import torch

    from imdb_core.model import SentimentRNN

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    ids = token_ids.astype(np.int64)
    (ours,) = session.run(["probability"], {"token_ids": ids})
    network = SentimentRNN.with_weights(config, weights)
    if in_double:
        network = network.double()
    with torch.inference_mode():
        theirs = torch.sigmoid(network(torch.from_numpy(ids)))
    return float(np.abs(ours - theirs.numpy()).max())


def _probes(config: TrainConfig) -> NDArray[np.int64]:
    """Reviews of chance words, frequent ones more often: of no word up to `max_length`."""
    generator = np.random.default_rng(0)
    shape = _ROWS, config.max_length
    ids = np.exp(generator.uniform(0, np.log(config.vocab_size), shape)).astype(np.int64)
    lengths = np.linspace(0, config.max_length, _ROWS).astype(np.int64)
    is_padding = np.arange(config.max_length) < config.max_length - lengths[:, None]
    return np.where(is_padding, 0, ids.clip(1, config.vocab_size - 1))


def _words(run: Run) -> str:
    path = run.folder / VOCABULARY
    return json.dumps(parse_words(read(path), path), ensure_ascii=False)
