"""The values in C order, counted out into the new shape."""

import math

import numpy as np

from oracles import float64


def oracle(x, shape):
    values = [float64(x)[index] for index in np.ndindex(np.shape(x))]
    if -1 in shape:
        known = -math.prod(shape)
        shape = tuple(len(values) // known if size == -1 else size for size in shape)
    y = np.empty(shape)
    for value, index in zip(values, np.ndindex(shape), strict=True):
        y[index] = value
    return y
