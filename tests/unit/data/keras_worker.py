"""The real worker on the real Keras, whose downloads come from a folder instead of the internet.

`python keras_worker.py ORIGIN_FOLDER OUTPUT_FOLDER`: `get_file`, its download, its progress
and its hash check are Keras's own; only the address is replaced, and the expected hash too
unless KEEP_HASH is set.
"""

import os
import sys
from pathlib import Path

from keras.src.datasets import imdb
from keras.src.utils import file_utils

from imdb_core.data import keras_worker

origin_folder, output_folder = map(Path, sys.argv[1:])


def get_file_from_folder(fname: str, *, origin: str, file_hash: str, cache_dir: str) -> str:
    file = origin_folder / fname
    if "KEEP_HASH" not in os.environ:
        file_hash = file_utils.hash_file(file)
    return str(
        file_utils.get_file(fname, origin=file.as_uri(), file_hash=file_hash, cache_dir=cache_dir)
    )


imdb.get_file = get_file_from_folder
sys.exit(keras_worker.main(output_folder))
