"""The network and its first weights."""

from imdb_core.model.initialization import initialize
from imdb_core.model.sentiment_rnn import SentimentRNN

__all__ = ["SentimentRNN", "initialize"]
