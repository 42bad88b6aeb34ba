"""x_k - log(sum_j exp(x_j)) along every line of an axis; the largest x is subtracted first, which changes nothing."""

import math

import numpy as np

from oracles import axes_of, float64, lines


def oracle(x, axis=1):
    x = float64(x)
    (axis,) = axes_of(axis, x.ndim)
    y = np.empty(x.shape)
    for line in lines(x.shape, axis):
        largest = max(x[line])
        y[line] = x[line] - largest - math.log(math.fsum(math.exp(value - largest) for value in x[line]))
    return y
