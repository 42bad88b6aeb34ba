"""Softmax cross entropy, the NumPy reference.

    forward(x, t, weights) -> losses
    backward(x, t, share) -> gx

x (N, K, d1, ...) scores;  t (N, d1, ...) labels 0 .. K-1;  losses, weights and share (N, d1, ...), in the computing
type of x. With p = softmax(x) along axis 1:

    losses = -weights log p[t]        gx = share (p - onehot(t)), in the dtype of x

Nothing of the size of x is kept between the two: `backward` computes p again.
"""

from __future__ import annotations

from dwbridge.backend import Array, get_array_module, is_cupy_array
from dwbridge.configuration import config
from dwbridge.kernels.reference.shifted import shifted


def forward(x: Array, t: Array, weights: Array) -> Array:
    """The weighted loss of every label.

    Raises:
        IndexError: if a label is not among the classes.
    """
    check_labels(x, t)
    xp = get_array_module(x)
    scores = shifted(x, 1)
    at_label = xp.take_along_axis(scores, t[:, None], axis=1)[:, 0]
    return (xp.log(xp.exp(scores).sum(axis=1)) - at_label) * weights


def check_labels(x: Array, t: Array) -> None:
    """Raises the error of `forward`, if it has one. On a GPU it looks only while `config.debug` is set: that waits."""
    if is_cupy_array(t) and not config.debug:
        return
    if t.size and not (t.min() >= 0 and t.max() < x.shape[1]):
        raise IndexError(f"labels must be in 0 .. {x.shape[1] - 1}, got {t.min()} .. {t.max()}")


def backward(x: Array, t: Array, share: Array) -> Array:
    """The gradient of x."""
    xp = get_array_module(x)
    p = xp.exp(shifted(x, 1))
    p /= p.sum(axis=1, keepdims=True)
    at_label = t[:, None]
    xp.put_along_axis(p, at_label, xp.take_along_axis(p, at_label, axis=1) - 1, axis=1)
    p *= share[:, None]
    return p.astype(x.dtype, copy=False)
