"""Compiled steps of optimizers: one pass over a parameter, its gradient and its state, and nothing in between.

float32 and float64. Products and sums are not fused, and every operation rounds where the reference's does: the results
are the reference's, bit for bit. A gradient that is not contiguous is copied.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.backend import Array
from dwbridge.kernels.compiled.compiler import Kernel, rounding_kernel
from dwbridge.kernels.compiled.threads import run
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import optimizer_updates as reference

#: Elements that are worth a thread.
GRAIN = 1 << 14

TYPES = (np.dtype(np.float32), np.dtype(np.float64))


def _update(kernel: Kernel, x: Array, g: Array, state: tuple[Array, ...], *scalars: float) -> None:
    dtype, size = x.dtype, x.size
    if not g.flags.carray:
        g = np.array(g, order="C")
    arrays = (g, x, *state)
    for array in arrays:
        if array.dtype != dtype or array.shape != x.shape or not array.flags.carray:
            raise DeclinedError(f"an update of {dtype} with {array.dtype}, or with what does not lie in a row")
    if dtype not in TYPES:
        raise DeclinedError(f"an update of {dtype}")
    rows = arrays if x.ndim == 1 else [array.reshape(-1) for array in arrays]
    run(kernel, size, GRAIN, *rows, *scalars)


def together(routine: str, rows: Sequence[Sequence[Array | None]], *scalars: Any) -> None:
    for arrays in rows:
        try:
            globals()[routine](*arrays, *scalars)
        except DeclinedError:
            getattr(reference, routine)(*arrays, *scalars)


def weight_decay(x: Array, g: Array, rate: float) -> None:
    _update(_sgd, g, x, (), -rate)  # g - (-rate) x rounds as g + rate x does


def sgd(x: Array, g: Array, lr: float) -> None:
    _update(_sgd, x, g, (), lr)


def momentum_sgd(x: Array, g: Array, v: Array, lr: float, momentum: float) -> None:
    _update(_momentum_sgd, x, g, (v,), lr, momentum)


def corrected_momentum_sgd(x: Array, g: Array, v: Array, lr: float, momentum: float) -> None:
    _update(_corrected_momentum_sgd, x, g, (v,), lr, momentum)


def nesterov_ag(x: Array, g: Array, v: Array, lr: float, momentum: float) -> None:
    _update(_nesterov_ag, x, g, (v,), lr, momentum, momentum * momentum, (1 + momentum) * lr)


def adam(
    x: Array,
    g: Array,
    m: Array,
    v: Array,
    vhat: Array | None,
    alpha_t: float,
    beta1: float,
    beta2: float,
    eps: float,
    eta: float,
    weight_decay_rate: float,
    bounds: tuple[float, float] | None,
) -> None:
    kernel = _adam(vhat is not None, bounds is not None)
    kept, (lower, upper) = 1.0 - eta * weight_decay_rate, bounds or (0.0, 0.0)
    state = m, v, v if vhat is None else vhat  # the last one is not touched if there is none
    _update(kernel, x, g, state, alpha_t, 1.0 - beta1, 1.0 - beta2, eps, eta, kept, lower, upper)


def ada_grad(x: Array, g: Array, h: Array, lr: float, eps: float) -> None:
    _update(_ada_grad, x, g, (h,), lr, eps)


def ada_delta(x: Array, g: Array, msg: Array, msdx: Array, rho: float, eps: float) -> None:
    _update(_ada_delta, x, g, (msg, msdx), rho, 1 - rho, eps)


def rmsprop(x: Array, g: Array, ms: Array, lr: float, alpha: float, eps: float, eps_inside_sqrt: bool) -> None:
    _update(_rmsprop(bool(eps_inside_sqrt)), x, g, (ms,), lr, alpha, 1 - alpha, eps)


def rmsprop_graves(
    x: Array, g: Array, n: Array, mean: Array, delta: Array, lr: float, alpha: float, momentum: float, eps: float
) -> None:
    _update(_rmsprop_graves, x, g, (n, mean, delta), lr, alpha, 1 - alpha, momentum, eps)


@rounding_kernel
def _sgd(start, stop, g, x, lr):
    cast = x.dtype.type
    lr = cast(lr)
    g, x = g[start:stop], x[start:stop]
    for i in range(len(x)):
        x[i] -= lr * g[i]


@rounding_kernel
def _momentum_sgd(start, stop, g, x, v, lr, momentum):
    cast = x.dtype.type
    lr, momentum = cast(lr), cast(momentum)
    g, x, v = g[start:stop], x[start:stop], v[start:stop]
    for i in range(len(x)):
        v[i] = momentum * v[i] - lr * g[i]
        x[i] += v[i]


@rounding_kernel
def _corrected_momentum_sgd(start, stop, g, x, v, lr, momentum):
    cast = x.dtype.type
    lr, momentum = cast(lr), cast(momentum)
    g, x, v = g[start:stop], x[start:stop], v[start:stop]
    for i in range(len(x)):
        v[i] = momentum * v[i] - g[i]
        x[i] += lr * v[i]


@rounding_kernel
def _nesterov_ag(start, stop, g, x, v, lr, momentum, squared, ahead):
    cast = x.dtype.type
    lr, momentum, squared, ahead = cast(lr), cast(momentum), cast(squared), cast(ahead)
    g, x, v = g[start:stop], x[start:stop], v[start:stop]
    for i in range(len(x)):
        v[i] = momentum * v[i] - lr * g[i]
        x[i] = x[i] + squared * v[i] - ahead * g[i]


@functools.cache
def _adam(amsgrad: bool, adabound: bool) -> Any:
    @rounding_kernel
    def adam(start, stop, g, x, m, v, vhat, alpha_t, new1, new2, eps, eta, kept, lower, upper):
        cast = x.dtype.type
        alpha_t, new1, new2, eps, eta = cast(alpha_t), cast(new1), cast(new2), cast(eps), cast(eta)
        kept, lower, upper = cast(kept), cast(lower), cast(upper)
        g, x, m, v, vhat = g[start:stop], x[start:stop], m[start:stop], v[start:stop], vhat[start:stop]
        for i in range(len(x)):
            m[i] += new1 * (g[i] - m[i])
            square = v[i] + new2 * (g[i] * g[i] - v[i])
            v[i] = square
            if amsgrad:
                square = square if square > vhat[i] or square != square else vhat[i]  # the larger one; NaN is kept
                vhat[i] = square
            rate = alpha_t / (math.sqrt(square) + eps)
            if adabound:
                rate = lower if rate < lower else rate
                rate = upper if rate > upper else rate
            x[i] = kept * x[i] - eta * (rate * m[i])

    return adam


@rounding_kernel
def _ada_grad(start, stop, g, x, h, lr, eps):
    cast = x.dtype.type
    lr, eps = cast(lr), cast(eps)
    g, x, h = g[start:stop], x[start:stop], h[start:stop]
    for i in range(len(x)):
        h[i] += g[i] * g[i]
        x[i] -= lr * g[i] / (math.sqrt(h[i]) + eps)


@rounding_kernel
def _ada_delta(start, stop, g, x, msg, msdx, rho, new, eps):
    cast = x.dtype.type
    rho, new, eps = cast(rho), cast(new), cast(eps)
    g, x, msg, msdx = g[start:stop], x[start:stop], msg[start:stop], msdx[start:stop]
    for i in range(len(x)):
        msg[i] = rho * msg[i] + new * g[i] * g[i]
        dx = math.sqrt((msdx[i] + eps) / (msg[i] + eps)) * g[i]
        msdx[i] = rho * msdx[i] + new * dx * dx
        x[i] -= dx


@functools.cache
def _rmsprop(eps_inside_sqrt: bool) -> Any:
    @rounding_kernel
    def rmsprop(start, stop, g, x, ms, lr, alpha, new, eps):
        cast = x.dtype.type
        lr, alpha, new, eps = cast(lr), cast(alpha), cast(new), cast(eps)
        g, x, ms = g[start:stop], x[start:stop], ms[start:stop]
        for i in range(len(x)):
            ms[i] = alpha * ms[i] + new * g[i] * g[i]
            root = math.sqrt(ms[i] + eps) if eps_inside_sqrt else math.sqrt(ms[i]) + eps
            x[i] -= lr * g[i] / root

    return rmsprop


@rounding_kernel
def _rmsprop_graves(start, stop, g, x, n, mean, delta, lr, alpha, new, momentum, eps):
    cast = x.dtype.type
    lr, alpha, new, momentum, eps = cast(lr), cast(alpha), cast(new), cast(momentum), cast(eps)
    g, x, n, mean, delta = g[start:stop], x[start:stop], n[start:stop], mean[start:stop], delta[start:stop]
    for i in range(len(x)):
        n[i] = alpha * n[i] + new * g[i] * g[i]
        mean[i] = alpha * mean[i] + new * g[i]
        delta[i] = momentum * delta[i] - lr * g[i] / math.sqrt(n[i] - mean[i] * mean[i] + eps)
        x[i] += delta[i]
