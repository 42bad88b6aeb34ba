"""Every element of x is added to the output element that its remaining indices name."""

import numpy as np

from oracles import axes_of, float64


def oracle(x, axis=None, keepdims=False):
    x = float64(x)
    axes = axes_of(axis, x.ndim)
    y = np.zeros([1 if a in axes else size for a, size in enumerate(x.shape)])
    for index in np.ndindex(x.shape):
        y[tuple(0 if a in axes else i for a, i in enumerate(index))] += x[index]
    return y if keepdims else y.reshape([size for a, size in enumerate(x.shape) if a not in axes])
