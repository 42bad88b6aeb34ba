"""Every output element reads the input where broadcasting says."""

import numpy as np

from oracles import float64, source_index


def oracle(x, shape):
    x = float64(x)
    y = np.empty(shape)
    for index in np.ndindex(shape):
        y[index] = x[source_index(index, x.shape)]
    return y
