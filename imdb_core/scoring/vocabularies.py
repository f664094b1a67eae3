"""The words of runs, loaded once for all runs that were trained on the same reviews."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from weakref import WeakValueDictionary

from imdb_core.data import Vocabulary
from imdb_core.runs.checkpoints import read
from imdb_core.runs.reading import parse_words

_lock = threading.Lock()
_in_use: WeakValueDictionary[bytes, Vocabulary] = WeakValueDictionary()


def load_vocabulary(path: Path) -> Vocabulary:
    """The words in `path`; the same object as long as somebody uses these words.

    Raises:
        RunDamagedError: it is missing or damaged.
        RunNotFoundError: the run was deleted.
        StorageError: the system does not let it be read.
    """
    content = read(path)
    with _lock:
        key = hashlib.sha256(content).digest()
        vocabulary = _in_use.get(key)
        if vocabulary is None:
            vocabulary = Vocabulary(tuple(parse_words(content, path)))
            _in_use[key] = vocabulary
        return vocabulary
