"""Every element of x carries its number; what the index selects among the numbers says which elements y has."""

import numpy as np

from oracles import float64


def oracle(x, slices):
    x = float64(x)
    slices = (slices,) if isinstance(slices, list) else slices
    numbers = np.asarray(np.arange(x.size).reshape(x.shape)[slices])
    values = [x[index] for index in np.ndindex(x.shape)]
    y = np.empty(numbers.shape)
    for index in np.ndindex(y.shape):
        y[index] = values[numbers[index]]
    return y
