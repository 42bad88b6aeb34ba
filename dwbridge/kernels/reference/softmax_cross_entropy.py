"""Softmax cross entropy, the NumPy reference.

    forward(x, t, weights) -> losses
    backward(x, t, share) -> gx

x (N, K, d1, ...) scores;  t (N, d1, ...) labels 0 .. K-1;  losses, weights and share (N, d1, ...), in the computing
type of x. With p = softmax(x) along axis 1:

    losses = -weights log p[t]        gx = share (p - onehot(t)), in the dtype of x

Nothing of the size of x is kept between the two: `backward` computes p again.
"""

from __future__ import annotations

from dwbridge.backend import Array, compute_dtype, get_array_module


def forward(x: Array, t: Array, weights: Array) -> Array:
    """The weighted loss of every label.

    Raises:
        IndexError: if a label is not among the classes.
    """
    check_labels(x, t)
    xp = get_array_module(x)
    shifted = _shifted(x)
    at_label = xp.take_along_axis(shifted, t[:, None], axis=1)[:, 0]
    return (xp.log(xp.exp(shifted).sum(axis=1)) - at_label) * weights


def check_labels(x: Array, t: Array) -> None:
    """Raises the error of `forward`, if it has one."""
    if t.size and not (t.min() >= 0 and t.max() < x.shape[1]):
        raise IndexError(f"labels must be in 0 .. {x.shape[1] - 1}, got {t.min()} .. {t.max()}")


def backward(x: Array, t: Array, share: Array) -> Array:
    """The gradient of x."""
    xp = get_array_module(x)
    p = xp.exp(_shifted(x))
    p /= p.sum(axis=1, keepdims=True)
    at_label = t[:, None]
    xp.put_along_axis(p, at_label, xp.take_along_axis(p, at_label, axis=1) - 1, axis=1)
    p *= share[:, None]
    return p.astype(x.dtype, copy=False)


def _shifted(x: Array) -> Array:
    """x - max x along axis 1, so that the largest exponential is 1 and nothing overflows."""
    wide = x.astype(compute_dtype(x.dtype), copy=False)
    return wide - wide.max(axis=1, keepdims=True, initial=-get_array_module(x).inf)
