"""x itself."""

from oracles import float64


def oracle(x):
    return float64(x)
