"""What Keras itself gives, written to files: `keras_reference.py DATASETS_FOLDER OUTPUT_FOLDER`.

`ids_<vocab_size>_<max_length>_<split>.npy`, and `word_index.json` of its Tokenizer over
`texts.json`.
"""

import json
import sys
from pathlib import Path

import numpy as np
from keras.src.datasets import imdb
from keras.src.legacy.preprocessing.text import Tokenizer
from keras.utils import pad_sequences

datasets, output = map(Path, sys.argv[1:])
imdb.get_file = lambda fname, **_: str(datasets / fname)

for vocab_size, max_length in ((500, 100), (10_000, 200), (88_587, 1000)):
    (train, _), (test, _) = imdb.load_data(num_words=vocab_size)
    for split, sequences in (("train", train), ("test", test)):
        ids = pad_sequences(sequences, maxlen=max_length)
        np.save(output / f"ids_{vocab_size}_{max_length}_{split}.npy", ids)
        del ids

tokenizer = Tokenizer()
tokenizer.fit_on_texts(json.loads((output / "texts.json").read_text("utf-8")))
(output / "word_index.json").write_text(json.dumps(tokenizer.word_index), "utf-8")
