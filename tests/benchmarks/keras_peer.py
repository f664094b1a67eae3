"""The notebook's network in Keras on JAX, trained by `fit`.

Run as a program: `python -m tests.benchmarks.keras_peer DATA.npz REPEATS` prints a JSON
list of seconds an epoch, validation included, the compiling epoch left out.
"""

from __future__ import annotations

import json
import os
import sys
import time

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np


def main() -> None:
    """Time `REPEATS` epochs on the arrays of the file."""
    data, repeats = np.load(sys.argv[1]), int(sys.argv[2])
    keras.utils.set_random_seed(42)
    model = keras.Sequential(
        [
            keras.layers.Embedding(500, 16),
            keras.layers.SimpleRNN(8),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(2e-4), loss="binary_crossentropy")
    seconds: list[float] = []

    class Clock(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            self.started = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            seconds.append(time.perf_counter() - self.started)

    model.fit(
        data["train_ids"],
        data["train_labels"],
        batch_size=64,
        epochs=repeats + 1,
        validation_data=(data["validation_ids"], data["validation_labels"]),
        validation_batch_size=64,
        verbose=0,
        callbacks=[Clock()],
    )
    print(json.dumps(seconds[1:]))


if __name__ == "__main__":
    main()
