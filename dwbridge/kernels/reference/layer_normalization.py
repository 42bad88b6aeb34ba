"""Layer normalization over one axis, the NumPy reference.

    forward(x, gamma, beta, axis, eps) -> (y, mean, inv_std)
    backward(x, gamma, gy, axis, mean, inv_std) -> (gx, ggamma, gbeta)

x of any shape, axis counted from the front, with n elements;  gamma, beta (n,);  mean, inv_std in the shape of x
without the axis, in the computing type; everything else in the type of what it belongs to.

With x_hat = (x - mean) inv_std and g = gamma gy: y = gamma x_hat + beta; gbeta = sum gy and ggamma = sum gy x_hat over
all axes but this one; gx = inv_std (g - mean(g) - x_hat mean(g x_hat)), means along this one.
Source: Ba, Kiros and Hinton, Layer Normalization (2016).
"""

from __future__ import annotations

from dwbridge.backend import Array, compute_dtype, get_array_module


def forward(x: Array, gamma: Array, beta: Array, axis: int, eps: float) -> tuple[Array, Array, Array]:
    """y, and the statistics: mean and 1 / sqrt(variance + eps)."""
    xp = get_array_module(x)
    wide = compute_dtype(xp.result_type(x, gamma))
    values = x.astype(wide, copy=False)
    mean = values.mean(axis=axis, keepdims=True)
    y = values - mean
    inv_std = (xp.square(y).mean(axis=axis, keepdims=True) + wide.type(eps)) ** wide.type(-0.5)
    y *= inv_std
    y *= _along(gamma, axis, x.ndim).astype(wide, copy=False)
    y += _along(beta, axis, x.ndim).astype(wide, copy=False)
    return y.astype(x.dtype, copy=False), mean.squeeze(axis), inv_std.squeeze(axis)


def backward(x: Array, gamma: Array, gy: Array, axis: int, mean: Array, inv_std: Array) -> tuple[Array, Array, Array]:
    """Gradients of x, gamma and beta, each in the type of x, gamma, gamma."""
    xp = get_array_module(x)
    wide = inv_std.dtype
    inv_std = xp.expand_dims(inv_std, axis)
    x_hat = (x.astype(wide, copy=False) - xp.expand_dims(mean, axis)) * inv_std
    wide_gy = gy.astype(wide, copy=False)
    others = tuple(i for i in range(x.ndim) if i != axis)
    gbeta, ggamma = wide_gy.sum(axis=others), (wide_gy * x_hat).sum(axis=others)
    gx = wide_gy * _along(gamma, axis, x.ndim).astype(wide, copy=False)
    x_hat *= (gx * x_hat).mean(axis=axis, keepdims=True)
    gx -= gx.mean(axis=axis, keepdims=True)
    gx -= x_hat
    gx *= inv_std
    return gx.astype(x.dtype, copy=False), ggamma.astype(gamma.dtype), gbeta.astype(gamma.dtype)


def _along(vector: Array, axis: int, ndim: int) -> Array:
    """A vector as an array that broadcasts along one axis."""
    return vector.reshape((-1, *(1 for _ in range(ndim - 1 - axis))))
