"""A line between 0 and 1."""

from oracles import elementwise


def oracle(x, slope=0.2, shift=0.5):
    return elementwise(lambda v: min(max(slope * v + shift, 0.0), 1.0), x)
