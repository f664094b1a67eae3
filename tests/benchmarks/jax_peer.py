"""The notebook's network in plain JAX: an epoch of training and validation under one jit.

Run as a program: `python -m tests.benchmarks.jax_peer DATA.npz REPEATS` prints a JSON list
of seconds, the compiling call left out.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Parameters = dict[str, Any]
BATCH = 64
LEARNING_RATE, BETA1, BETA2, EPSILON = 2e-4, 0.9, 0.999, 1e-8


def first_parameters(vocab: int = 500, embedding: int = 16, hidden: int = 8) -> Parameters:
    """Random weights of the notebook's shapes."""
    random = np.random.default_rng(0)

    def uniform(*shape: int) -> jax.Array:
        return jnp.asarray(random.uniform(-0.35, 0.35, shape), jnp.float32)

    return {
        "embedding": jnp.asarray(random.normal(size=(vocab, embedding)), jnp.float32),
        "input": uniform(embedding, hidden),
        "recurrent": uniform(hidden, hidden),
        "bias": uniform(hidden),
        "dense": uniform(hidden),
        "dense_bias": uniform(),
    }


def mean_loss(parameters: Parameters, ids: jax.Array, labels: jax.Array) -> jax.Array:
    """Binary cross entropy of a batch of ids (B, T)."""
    table = parameters["embedding"] @ parameters["input"] + parameters["bias"]
    inputs = table[ids.T]  # (T, B, H)

    def step(state: jax.Array, row: jax.Array) -> tuple[jax.Array, None]:
        return jnp.tanh(row + state @ parameters["recurrent"]), None

    last, _ = lax.scan(step, jnp.zeros_like(inputs[0]), inputs, unroll=10)
    logits = last @ parameters["dense"] + parameters["dense_bias"]
    return jnp.mean(jnp.logaddexp(0, logits) - labels * logits)


@partial(jax.jit, donate_argnums=(0, 1, 2))
def epoch(
    parameters: Parameters,
    first: Parameters,
    second: Parameters,
    step: jax.Array,
    order: jax.Array,
    train: tuple[jax.Array, jax.Array],
    validation: tuple[jax.Array, jax.Array],
) -> tuple[Any, ...]:
    """One epoch of Adam on `order`, whole batches of it, then the validation loss."""

    def update(carry: tuple[Any, ...], rows: jax.Array) -> tuple[tuple[Any, ...], jax.Array]:
        parameters, first, second, step = carry
        ids, labels = train
        loss, gradient = jax.value_and_grad(mean_loss)(parameters, ids[rows], labels[rows])
        step = step + 1
        first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, gradient)
        second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, second, gradient)

        def moved(p: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
            scale = jnp.sqrt(v / (1 - BETA2**step)) + EPSILON
            return p - LEARNING_RATE * m / (1 - BETA1**step) / scale

        parameters = jax.tree.map(moved, parameters, first, second)
        return (parameters, first, second, step), loss

    whole = len(order) // BATCH * BATCH
    carry, losses = lax.scan(
        update, (parameters, first, second, step), order[:whole].reshape(-1, BATCH)
    )
    ids, labels = validation
    whole = len(labels) // BATCH * BATCH
    batches = (ids[:whole].reshape(-1, BATCH, ids.shape[1]), labels[:whole].reshape(-1, BATCH))
    val_losses = lax.map(lambda batch: mean_loss(carry[0], *batch), batches)
    return *carry, losses.mean(), val_losses.mean()


def main() -> None:
    """Time `REPEATS` epochs on the arrays of the file."""
    data, repeats = np.load(sys.argv[1]), int(sys.argv[2])
    train = jnp.asarray(data["train_ids"]), jnp.asarray(data["train_labels"])
    validation = jnp.asarray(data["validation_ids"]), jnp.asarray(data["validation_labels"])
    parameters = first_parameters()
    first = jax.tree.map(jnp.zeros_like, parameters)
    second = jax.tree.map(jnp.zeros_like, parameters)
    step = jnp.zeros(())
    random = np.random.default_rng(0)
    seconds = []
    for _ in range(repeats + 1):
        order = jnp.asarray(random.permutation(len(train[1])))
        started = time.perf_counter()
        *state, _, loss = epoch(parameters, first, second, step, order, train, validation)
        loss.block_until_ready()
        seconds.append(time.perf_counter() - started)
        parameters, first, second, step = state
    print(json.dumps(seconds[1:]))


if __name__ == "__main__":
    main()
