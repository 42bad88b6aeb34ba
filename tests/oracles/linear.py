"""y[..., o] = b[o] + sum over k of W[o, k] x[..., k], the axes behind the batch axes read as one, in C order."""

import numpy as np

from oracles import float64


def oracle(x, W, b=None, n_batch_axes=1):
    x, W = float64(x), float64(W)
    batch_shape = x.shape[:n_batch_axes]
    bias = np.zeros(len(W)) if b is None else float64(b)
    y = np.empty((*batch_shape, len(W)))
    for index in np.ndindex(batch_shape):
        features = list(x[index].flat)
        for o in range(len(W)):
            y[(*index, o)] = bias[o] + sum(W[o, k] * feature for k, feature in enumerate(features))
    return y
