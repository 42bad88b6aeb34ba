"""Activations, the NumPy reference: y = f(x), and gx = gy f'(x) from what the function retains, its x or its y.

    relu(x)                      max(x, 0)                            relu_gradient(y, gy)
    clipped_relu(x, z)           min(max(x, 0), z)                    clipped_relu_gradient(y, gy, z)
    leaky_relu(x, slope)         x, below 0 slope x                   leaky_relu_gradient(x or y, gy, slope)
    sigmoid(x)                   s(x) = 1 / (1 + exp(-x))             sigmoid_gradient(y, gy)
    tanh(x)                      tanh(x)                              tanh_gradient(y, gy)
    hard_sigmoid(x, slope, shift)    slope x + shift in 0 .. 1        hard_sigmoid_gradient(y, gy, slope, shift)
    hard_swish(x)                x min(max(x + 3, 0), 6) / 6          hard_swish_gradient(x, gy)
    swish(x, beta)               x s(beta x)                          swish_gradient(x, gy, beta)
    erf(x)                       2 / sqrt(pi) integral exp(-t^2)      erf_gradient(x, gy)
    gelu(x)                      x P(x), P the normal distribution    gelu_gradient(x, gy)
    gelu_tanh(x)                 x (1 + tanh(c (x + a x^3))) / 2      gelu_tanh_gradient(x, gy)

y has the dtype of x, gx that of gy. 16-bit types are computed in float32 and rounded once. NaN gives NaN; a derivative
that is a comparison is 0 at NaN. z, slope, shift and beta are numbers.
"""

from __future__ import annotations

import importlib
import math

import numpy as np

from dwbridge.backend import Array, compute_dtype, get_array_module

#: c and a of `gelu_tanh`. Source: Hendrycks and Gimpel, Gaussian Error Linear Units (2016), section 2.
GELU_SCALE, GELU_CUBE = math.sqrt(2 / math.pi), 0.044715


def relu(x: Array) -> Array:
    xp = get_array_module(x)
    return xp.asarray(xp.maximum(x, x.dtype.type(0)))


def relu_gradient(y: Array, gy: Array) -> Array:
    return _like(gy, gy * (y > 0).astype(gy.dtype))


def clipped_relu(x: Array, z: float) -> Array:
    wide = _wide(x)
    return _like(x, get_array_module(x).clip(wide, wide.dtype.type(0), wide.dtype.type(z)))


def clipped_relu_gradient(y: Array, gy: Array, z: float) -> Array:
    return _like(gy, gy * ((y > 0) & (y < y.dtype.type(z))).astype(gy.dtype))


def leaky_relu(x: Array, slope: float) -> Array:
    wide = _wide(x)
    return _like(x, get_array_module(x).where(x >= 0, wide, wide * wide.dtype.type(slope)))


def leaky_relu_gradient(v: Array, gy: Array, slope: float) -> Array:
    wide = _wide(gy)
    return _like(gy, get_array_module(v).where(v >= 0, wide, wide * wide.dtype.type(slope)))


def sigmoid(x: Array) -> Array:
    return _like(x, _logistic(_wide(x)))


def sigmoid_gradient(y: Array, gy: Array) -> Array:
    s = _wide(y)
    return _like(gy, gy * (s * (1 - s)))


def tanh(x: Array) -> Array:
    return _like(x, get_array_module(x).tanh(_wide(x)))


def tanh_gradient(y: Array, gy: Array) -> Array:
    t = _wide(y)
    return _like(gy, gy * (1 - t * t))


def hard_sigmoid(x: Array, slope: float, shift: float) -> Array:
    wide = _wide(x)
    line = wide * wide.dtype.type(slope) + wide.dtype.type(shift)
    return _like(x, get_array_module(x).clip(line, 0, 1))


def hard_sigmoid_gradient(y: Array, gy: Array, slope: float, shift: float) -> Array:
    wide = _wide(gy)
    return _like(gy, wide * (((y > 0) & (y < 1)) * wide.dtype.type(slope)))


def hard_swish(x: Array) -> Array:
    wide = _wide(x)
    return _like(x, wide * get_array_module(x).clip(wide + 3, 0, 6) / 6)


def hard_swish_gradient(x: Array, gy: Array) -> Array:
    xp, wide = get_array_module(x), _wide(x)
    ends = (wide >= 3).astype(wide.dtype)
    return _like(gy, gy * xp.where(abs(wide) < 3, wide / 3 + wide.dtype.type(0.5), ends))


def swish(x: Array, beta: float) -> Array:
    wide = _wide(x)
    return _like(x, wide * _logistic(wide * wide.dtype.type(beta)))


def swish_gradient(x: Array, gy: Array, beta: float) -> Array:
    wide = _wide(x)
    t = wide * wide.dtype.type(beta)
    s = _logistic(t)
    return _like(gy, gy * (s * (1 + t * (1 - s))))


def erf(x: Array) -> Array:
    return _like(x, _special("erf", _wide(x)))


def erf_gradient(x: Array, gy: Array) -> Array:
    near = _near(x, 30)
    return _like(gy, gy * (get_array_module(x).exp(-near * near) * near.dtype.type(2 / math.sqrt(math.pi))))


def gelu(x: Array) -> Array:
    wide = _wide(x)
    return _like(x, wide * _normal_distribution(wide))


def gelu_gradient(x: Array, gy: Array) -> Array:
    wide, near = _wide(x), _near(x, 40)
    density = get_array_module(x).exp(near * near * near.dtype.type(-0.5)) * near.dtype.type(1 / math.sqrt(2 * math.pi))
    return _like(gy, gy * (_normal_distribution(wide) + wide * density))


def gelu_tanh(x: Array) -> Array:
    # (1 + tanh(t)) / 2 = s(2t), which is exact to the last digits where it is small.
    return _like(x, _wide(x) * _logistic(2 * _gelu_argument(_near(x, 40))))


def gelu_tanh_gradient(x: Array, gy: Array) -> Array:
    near = _near(x, 40)
    s = _logistic(2 * _gelu_argument(near))
    slope = near.dtype.type(2 * GELU_SCALE) * (1 + near.dtype.type(3 * GELU_CUBE) * near * near)
    return _like(gy, gy * (s * (1 + near * (1 - s) * slope)))


def _wide(x: Array) -> Array:
    return x.astype(compute_dtype(x.dtype), copy=False)


def _near(x: Array, limit: float) -> Array:
    """x, kept within +- limit: beyond, exponentials of it are 0 or cancel, and squares of it could overflow."""
    wide = _wide(x)
    return get_array_module(x).clip(wide, wide.dtype.type(-limit), wide.dtype.type(limit))


def _like(x: Array, values: Array) -> Array:
    """Values as an array of the dtype of x: NumPy turns arrays without axes into scalars."""
    return get_array_module(x).asarray(values, dtype=x.dtype)


def _logistic(x: Array) -> Array:
    """exp of -|x| cannot overflow, and small values keep all their digits."""
    xp = get_array_module(x)
    power = xp.exp(-abs(x))
    return xp.where(x >= 0, x.dtype.type(1), power) / (1 + power)


def _gelu_argument(x: Array) -> Array:
    return x.dtype.type(GELU_SCALE) * (x + x.dtype.type(GELU_CUBE) * x * x * x)


def _normal_distribution(x: Array) -> Array:
    """P(x) = erfc(-x / sqrt(2)) / 2, in the dtype of x; in float64, because erfc magnifies what its argument loses."""
    return (_special("erfc", x.astype("float64") * -math.sqrt(0.5)) * 0.5).astype(x.dtype)


def _special(name: str, x: Array) -> Array:
    """erf or erfc. NumPy has neither: the C library's, one element at a time."""
    if get_array_module(x) is np:
        return np.asarray(np.frompyfunc(getattr(math, name), 1, 1)(x), dtype=np.float64)
    return getattr(importlib.import_module("cupyx.scipy.special"), name)(x)
