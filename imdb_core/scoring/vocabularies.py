"""The words of runs, loaded once for all runs that were trained on the same reviews."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from weakref import WeakValueDictionary

from imdb_core.data import Vocabulary
from imdb_core.errors import RunDamagedError

_lock = threading.Lock()
_in_use: WeakValueDictionary[bytes, Vocabulary] = WeakValueDictionary()


def load_vocabulary(path: Path) -> Vocabulary:
    """The words in `path`; the same object as long as somebody uses these words.

    Raises:
        RunDamagedError: it cannot be read.
    """
    try:
        content = path.read_bytes()
        with _lock:
            key = hashlib.sha256(content).digest()
            vocabulary = _in_use.get(key)
            if vocabulary is None:
                vocabulary = Vocabulary(tuple(json.loads(content)["words"]))
                _in_use[key] = vocabulary
            return vocabulary
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunDamagedError(f"{path} cannot be read ({error}). Train again.") from error
