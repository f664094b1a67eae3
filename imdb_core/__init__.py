"""IMDB RNN Studio: train, watch and question a small recurrent network.

Importing this package starts nothing and imports no framework.
"""
