"""y[..., i, j] = sum over k of a[..., i, k] b[..., k, j]; a vector is one row on the left, one column on the right."""

import numpy as np

from oracles import float64, source_index


def matrices(x, transposed, vector_shape):
    x = float64(x)
    if x.ndim == 1:
        return x.reshape(vector_shape)
    return np.moveaxis(x, -1, -2) if transposed else x


def oracle(a, b, transa=False, transb=False):
    vectors = np.ndim(a) == 1, np.ndim(b) == 1
    a, b = matrices(a, transa, (1, -1)), matrices(b, transb, (-1, 1))
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    y = np.zeros((*lead, a.shape[-2], b.shape[-1]))
    for *index, i, j in np.ndindex(y.shape):
        left = a[source_index(tuple(index), a.shape[:-2])]
        right = b[source_index(tuple(index), b.shape[:-2])]
        y[(*index, i, j)] = sum(left[i, k] * right[k, j] for k in range(a.shape[-1]))
    y = y[..., 0] if vectors[1] else y
    return np.asarray(y[..., 0, :] if vectors[0] and not vectors[1] else y[..., 0] if vectors[0] else y)
