"""y = gamma (x - mean) / sqrt(var + eps) + beta, mean and var (1/N) of each line along the axis."""

import math

import numpy as np

from oracles import axes_of, float64, lines
from oracles.batch_normalization import mean_and_variance


def oracle(x, gamma, beta, eps=1e-5, axis=1):
    x, gamma, beta = float64(x), float64(gamma), float64(beta)
    (axis,) = axes_of(axis, x.ndim)
    y = np.empty(x.shape)
    for line in lines(x.shape, axis):
        mean, var = mean_and_variance(x[line].tolist())
        y[line] = [g * (v - mean) / math.sqrt(var + eps) + b for v, g, b in zip(x[line], gamma, beta, strict=True)]
    return y
