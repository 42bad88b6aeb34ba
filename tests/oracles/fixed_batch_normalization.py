"""y = gamma (x - mean) / sqrt(var + eps) + beta, with the mean and var that are given. decay does not enter."""

import math

import numpy as np

from oracles import float64
from oracles.batch_normalization import channel_of, normalized_axes


def oracle(x, gamma, beta, mean, var, eps=2e-5, axis=None, *, decay=0.9):
    x, gamma, beta, mean, var = (float64(a) for a in (x, gamma, beta, mean, var))
    axes = normalized_axes(x, gamma, axis)
    y = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        c = channel_of(index, axes)
        y[index] = gamma[c] * (x[index] - mean[c]) / math.sqrt(var[c] + eps) + beta[c]
    return y
