"""Numbers too small for a full mantissa count as zero while kernels work, and only then."""

import numpy as np
import pytest

from imdb_core.processor import IS_ARM, IS_X86
from tests.kernels import gradients_of, kernels_of, network_of, reviews

pytestmark = pytest.mark.skipif(not (IS_X86 or IS_ARM), reason="no such mode is known here")

SMALLEST = np.float32(1.1754944e-38)


def test_the_callers_own_subnormals_are_left_alone() -> None:
    ids, labels = reviews(np.random.default_rng(0), 20, 10, 50)
    kernels = kernels_of(network_of("rnn", "last", 50, 8, 8), "rnn", 8, 10)
    kernels.train(ids, labels, np.arange(20), learning_rate=1e-3)
    kernels.predict(ids)
    assert np.array([SMALLEST])[0] / np.float32(2) > 0


def test_a_gradient_that_fades_away_is_zero_before_it_is_subnormal() -> None:
    """As in the Notebook preset's first epochs, where Intel's processors would crawl."""
    ids, labels = reviews(np.random.default_rng(0), 64, 300, 5_000)
    network = network_of("rnn", "last", 5_000, 8, 8)
    network.rnn.weight_hh_l0.data *= 0.3
    kernels = kernels_of(network, "rnn", 64, 300)
    _, gradients = gradients_of(kernels, ids, labels, np.arange(64))
    sizes = np.abs(gradients["embedding.weight"])
    assert (sizes[sizes > 0] >= SMALLEST).all()
    assert 0 < (sizes > 0).sum() < 0.5 * sizes.size
