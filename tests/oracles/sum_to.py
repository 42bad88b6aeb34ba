"""Every element of x is added to the element that it would be read from, were the result broadcast to x."""

import numpy as np

from oracles import float64, source_index


def oracle(x, shape):
    x = float64(x)
    y = np.zeros(shape)
    for index in np.ndindex(x.shape):
        y[source_index(index, shape)] += x[index]
    return y
