"""x, or -x below 0."""

from oracles import elementwise


def oracle(x):
    return elementwise(lambda v: -v if v < 0 else v, x)
