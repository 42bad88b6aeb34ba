"""Batch normalization, the NumPy reference.

    forward(x, gamma, beta, axes, eps, running) -> (y, mean, inv_std)
    backward(x, gamma, gy, axes, mean, inv_std) -> (gx, ggamma, gbeta)
    fixed_forward(x, gamma, beta, mean, var, axes, eps) -> y

`axes` are those of the statistics, ascending; everything but x, y, gx and gy has the shape of x without them. The
statistics that `forward` returns are in the computing type, everything else in the type of what it belongs to.

With x_hat = (x - mean) inv_std and m elements for each statistic: y = gamma x_hat + beta; gbeta = sum gy,
ggamma = sum gy x_hat, gx = gamma inv_std (gy - (x_hat ggamma + gbeta) / m).
Source: Ioffe and Szegedy, Batch Normalization (2015).
"""

from __future__ import annotations

from typing import NamedTuple

from dwbridge.backend import Array, compute_dtype, get_array_module

Axes = tuple[int, ...]


class Running(NamedTuple):
    """Running statistics, which a forward computation changes in place; one that is None is left out.

    mean <- decay mean + (1 - decay) mean of the batch
    var  <- decay var  + (1 - decay) correction variance of the batch
    """

    mean: Array | None
    var: Array | None
    decay: float
    correction: float  #: m / (m - 1)

    def follow(self, mean: Array, variance: Array) -> None:
        """Follows the statistics of a batch, in the running ones' own dtype."""
        for running, batch, corrected in ((self.mean, mean, 1.0), (self.var, variance, self.correction)):
            if running is not None:
                running *= running.dtype.type(self.decay)
                running += ((1 - self.decay) * (corrected * batch)).astype(running.dtype)


def forward(
    x: Array, gamma: Array, beta: Array, axes: Axes, eps: float, running: Running | None = None
) -> tuple[Array, Array, Array]:
    """y, and the statistics: mean, and 1 / sqrt(variance + eps), the variance that of all m elements, not m - 1."""
    xp = get_array_module(x)
    wide = compute_dtype(xp.result_type(x, gamma))
    values = x.astype(wide, copy=False)
    mean = values.mean(axis=axes)
    y = values - xp.expand_dims(mean, axes)
    variance = xp.square(y).mean(axis=axes)
    inv_std = (variance + wide.type(eps)) ** wide.type(-0.5)
    y *= xp.expand_dims((gamma * inv_std).astype(wide, copy=False), axes)
    y += xp.expand_dims(beta.astype(wide, copy=False), axes)
    if running is not None:
        running.follow(mean, variance)
    return y.astype(x.dtype, copy=False), mean, inv_std


def backward(x: Array, gamma: Array, gy: Array, axes: Axes, mean: Array, inv_std: Array) -> tuple[Array, Array, Array]:
    """Gradients of x, gamma and beta, each in the type of x, gamma, gamma."""
    xp = get_array_module(x)
    wide = inv_std.dtype
    x_hat = (x.astype(wide, copy=False) - xp.expand_dims(mean, axes)) * xp.expand_dims(inv_std, axes)
    wide_gy = gy.astype(wide, copy=False)
    gbeta = wide_gy.sum(axis=axes)
    ggamma = (wide_gy * x_hat).sum(axis=axes)
    m = wide.type(max(1, x.size // max(1, gamma.size)))
    x_hat *= xp.expand_dims(ggamma / m, axes)
    gx = wide_gy - x_hat
    gx -= xp.expand_dims(gbeta / m, axes)
    gx *= xp.expand_dims((gamma * inv_std).astype(wide, copy=False), axes)
    return gx.astype(x.dtype, copy=False), ggamma.astype(gamma.dtype), gbeta.astype(gamma.dtype)


def fixed_forward(x: Array, gamma: Array, beta: Array, mean: Array, var: Array, axes: Axes, eps: float) -> Array:
    """y for given statistics, in the dtype of x."""
    xp = get_array_module(x)
    wide = compute_dtype(xp.result_type(x, gamma, mean))
    gamma, beta, mean, var = (xp.expand_dims(v.astype(wide, copy=False), axes) for v in (gamma, beta, mean, var))
    y = x.astype(wide, copy=False) - mean
    y *= gamma * (var + wide.type(eps)) ** wide.type(-0.5)
    y += beta
    return y.astype(x.dtype, copy=False)
