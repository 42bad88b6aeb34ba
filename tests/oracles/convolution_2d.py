"""y[n, o, i, j] = b[o] + sum over c in o's group, and u, v, of W[o, c, u, v] x[n, first + c, i s + u d - p, ...].

Outputs and inputs are cut into `groups` equal parts; `first` is the first input channel of the output's part.
"""

import numpy as np

from oracles import float64, windows


def oracle(x, W, b=None, stride=1, pad=0, cover_all=False, *, dilate=1, groups=1):
    x, W = float64(x), float64(W)
    batch, (outputs, per_group, *kernel) = len(x), W.shape
    bias = np.zeros(outputs) if b is None else float64(b)
    blank = windows(np.zeros(x.shape[2:]), kernel, stride, pad, 0.0, dilate, cover_all)
    y = np.empty((batch, outputs, *blank.shape[:2]))
    for n, o in np.ndindex(batch, outputs):
        y[n, o] = bias[o]
        first = o // (outputs // groups) * per_group
        for c in range(per_group):
            under = windows(x[n, first + c], kernel, stride, pad, 0.0, dilate, cover_all)
            for i, j, u, v in np.ndindex(under.shape):
                y[n, o, i, j] += W[o, c, u, v] * under[i, j, u, v]
    return y
