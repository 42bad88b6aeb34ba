"""The sum, divided by how many elements went into each output element."""

import math

from oracles import axes_of, float64
from oracles.sum import oracle as total


def oracle(x, axis=None, keepdims=False):
    x = float64(x)
    return float64(total(x, axis, keepdims) / math.prod(x.shape[a] for a in axes_of(axis, x.ndim)))
