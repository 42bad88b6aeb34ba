"""y[n, c M + m, i, j] = b[c M + m] + sum over u, v of W[m, c, u, v] x[n, c, i s + u d - p, j s + v d - p]."""

import numpy as np

from oracles import float64, windows


def oracle(x, W, b=None, stride=1, pad=0, *, dilate=1):
    x, W = float64(x), float64(W)
    (batch, channels), (multiplier, _, *kernel) = x.shape[:2], W.shape
    bias = np.zeros(channels * multiplier) if b is None else float64(b)
    blank = windows(np.zeros(x.shape[2:]), kernel, stride, pad, 0.0, dilate)
    y = np.empty((batch, channels * multiplier, *blank.shape[:2]))
    for n, c in np.ndindex(batch, channels):
        under = windows(x[n, c], kernel, stride, pad, 0.0, dilate)
        for m, i, j in np.ndindex(multiplier, *y.shape[2:]):
            y[n, c * multiplier + m, i, j] = bias[c * multiplier + m]
            for u, v in np.ndindex(*kernel):
                y[n, c * multiplier + m, i, j] += W[m, c, u, v] * under[i, j, u, v]
    return y
