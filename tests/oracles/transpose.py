"""y[i_a0, i_a1, ...] = x[i_0, i_1, ...]: every index of x is written down in the new order."""

import numpy as np

from oracles import axes_of, float64


def oracle(x, axes=None):
    x = float64(x)
    order = axes_of(tuple(range(x.ndim))[::-1] if axes is None else tuple(axes), x.ndim)
    y = np.empty([x.shape[a] for a in order])
    for index in np.ndindex(x.shape):
        y[tuple(index[a] for a in order)] = x[index]
    return y
