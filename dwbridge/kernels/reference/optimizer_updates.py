"""One step of an optimizer on one parameter, the NumPy reference.

    sgd(x, g, lr)                                                 x <- x - lr g
    momentum_sgd(x, g, v, lr, momentum)                           v <- momentum v - lr g,  x <- x + v
    corrected_momentum_sgd(x, g, v, lr, momentum)                 v <- momentum v - g,  x <- x + lr v
    nesterov_ag(x, g, v, lr, momentum)
    adam(x, g, m, v, vhat, alpha_t, beta1, beta2, eps, eta, weight_decay_rate, bounds)
    ada_grad(x, g, h, lr, eps)
    ada_delta(x, g, msg, msdx, rho, eps)
    rmsprop(x, g, ms, lr, alpha, eps, eps_inside_sqrt)
    rmsprop_graves(x, g, n, mean, delta, lr, alpha, momentum, eps)
    weight_decay(x, g, rate)                                      g <- g + rate x
    together(routine, [(x, g, ...), ...], ...)                    a routine's step of many parameters, in any order

The parameter x and its state are changed in place, and the gradient g is not; `weight_decay` changes g. All have one
shape. Formulas and sources stand with the optimizers, in `dwbridge.optimizers`. The order of the operations is
Chainer's: so are the results, bit for bit, and every other implementation rounds in the same places.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.backend import Array, compute_dtype, get_array_module


def together(routine: str, rows: Sequence[Sequence[Array | None]], *scalars: Any) -> None:
    for arrays in rows:
        globals()[routine](*arrays, *scalars)


def weight_decay(x: Array, g: Array, rate: float) -> None:
    g += rate * x


def sgd(x: Array, g: Array, lr: float) -> None:
    x -= lr * g


def momentum_sgd(x: Array, g: Array, v: Array, lr: float, momentum: float) -> None:
    v *= momentum
    v -= lr * g
    x += v


def corrected_momentum_sgd(x: Array, g: Array, v: Array, lr: float, momentum: float) -> None:
    v *= momentum
    v -= g
    x += lr * v


def nesterov_ag(x: Array, g: Array, v: Array, lr: float, momentum: float) -> None:
    v *= momentum
    v -= lr * g
    x += momentum * momentum * v
    x -= (1 + momentum) * lr * g


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
    """`vhat` is the largest v so far, or None; `bounds` are those of an element's rate, or None."""
    xp, dtype = get_array_module(x), compute_dtype(x.dtype)
    g = g.astype(dtype, copy=False)
    m += (1.0 - beta1) * (g - m)
    v += (1.0 - beta2) * (g * g - v)
    if vhat is not None:
        xp.maximum(vhat, v, out=vhat)
    rate = alpha_t / (xp.sqrt((v if vhat is None else vhat).astype(dtype, copy=False)) + eps)
    step = eta * ((rate if bounds is None else xp.clip(rate, *bounds)) * m)
    kept = 1.0 - eta * weight_decay_rate
    if kept == 1:  # the usual case, in place
        x -= step
    else:
        x[...] = kept * x - step


def ada_grad(x: Array, g: Array, h: Array, lr: float, eps: float) -> None:
    h += g * g
    x -= lr * g / (get_array_module(x).sqrt(h) + eps)


def ada_delta(x: Array, g: Array, msg: Array, msdx: Array, rho: float, eps: float) -> None:
    msg *= rho
    msg += (1 - rho) * g * g
    dx = get_array_module(x).sqrt((msdx + eps) / (msg + eps)) * g
    msdx *= rho
    msdx += (1 - rho) * dx * dx
    x -= dx


def rmsprop(x: Array, g: Array, ms: Array, lr: float, alpha: float, eps: float, eps_inside_sqrt: bool) -> None:
    ms *= alpha
    ms += (1 - alpha) * g * g
    sqrt = get_array_module(x).sqrt
    x -= lr * g / (sqrt(ms + eps) if eps_inside_sqrt else sqrt(ms) + eps)


def rmsprop_graves(
    x: Array, g: Array, n: Array, mean: Array, delta: Array, lr: float, alpha: float, momentum: float, eps: float
) -> None:
    n *= alpha
    n += (1 - alpha) * g * g
    mean *= alpha
    mean += (1 - alpha) * g
    delta *= momentum
    delta -= lr * g / get_array_module(x).sqrt(n - mean * mean + eps)
    x += delta
