"""x where it is positive, else 0."""

from oracles import elementwise


def oracle(x):
    return elementwise(lambda v: v if v > 0 else 0.0, x)
