"""Batch normalization, the NumPy reference.

    forward(x, gamma, beta, axes, eps) -> (y, mean, variance, inv_std)
    backward(x, gamma, gy, axes, mean, inv_std) -> (gx, ggamma, gbeta)
    fixed_forward(x, gamma, beta, mean, var, axes, eps) -> y
    update_running(running_mean, running_var, mean, variance, decay, correction)

        running_mean <- decay running_mean + (1 - decay) mean
        running_var  <- decay running_var  + (1 - decay) correction variance

`axes` are those of the statistics, ascending; everything but x, y, gx and gy has the shape of x without them. The
statistics that `forward` returns are in the computing type, everything else in the type of what it belongs to.

With x_hat = (x - mean) inv_std and m elements for each statistic: y = gamma x_hat + beta; gbeta = sum gy,
ggamma = sum gy x_hat, gx = gamma inv_std (gy - (x_hat ggamma + gbeta) / m).
Source: Ioffe and Szegedy, Batch Normalization (2015).
"""

from __future__ import annotations

from dwbridge.backend import Array, compute_dtype, get_array_module

Axes = tuple[int, ...]


def forward(x: Array, gamma: Array, beta: Array, axes: Axes, eps: float) -> tuple[Array, Array, Array, Array]:
    """y, and the statistics: mean, variance (of all m elements, not m - 1) and 1 / sqrt(variance + eps)."""
    xp = get_array_module(x)
    wide = compute_dtype(xp.result_type(x, gamma))
    values = x.astype(wide, copy=False)
    mean = values.mean(axis=axes)
    y = values - xp.expand_dims(mean, axes)
    variance = xp.square(y).mean(axis=axes)
    inv_std = (variance + wide.type(eps)) ** wide.type(-0.5)
    y *= xp.expand_dims((gamma * inv_std).astype(wide, copy=False), axes)
    y += xp.expand_dims(beta.astype(wide, copy=False), axes)
    return y.astype(x.dtype, copy=False), mean, variance, inv_std


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


def update_running(
    running_mean: Array | None,
    running_var: Array | None,
    mean: Array,
    variance: Array,
    decay: float,
    correction: float,
) -> None:
    """Changes running statistics in place, in their own dtype; None is left out."""
    for running, batch, corrected in ((running_mean, mean, 1.0), (running_var, variance, correction)):
        if running is not None:
            running *= running.dtype.type(decay)
            running += ((1 - decay) * (corrected * batch)).astype(running.dtype)
