"""Steps of optimizers on a GPU: one pass over a parameter, its gradient and its states, which are changed in place.

`dwbridge.kernels.reference.optimizer_updates` documents the routines. Every operation rounds where the reference's
does on NumPy's arrays, in 16-bit types too, and gives its bits, but for what `launch` says of tiny numbers. All arrays
have one dtype and one shape. What is changed lies in row order; what is read alone, and does not, is copied.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from dwbridge.backend import Array, compute_dtype
from dwbridge.kernels.cuda.arrays import in_order, kind_of
from dwbridge.kernels.cuda.launch import is_aligned, run
from dwbridge.kernels.cuda.plan.elements import every_element, pack_of
from dwbridge.kernels.cuda.plan.launches import ITEMSIZES
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.errors import DeclinedError

#: rule of update_rules.cuh -> how many states it has
RULES = {
    "sgd": 0,
    "weight_decay": 0,
    "momentum_sgd": 1,
    "corrected_momentum_sgd": 1,
    "nesterov_ag": 1,
    "adam": 2,
    "adam_of_largest": 3,
    "ada_grad": 1,
    "ada_delta": 2,
    "rmsprop": 1,
    "rmsprop_inside": 1,
    "rmsprop_graves": 3,
}
MOST_STATES = max(RULES.values())

#: Names of the members of `Numbers` in update_rules.cuh.
MEMBERS = "abcdefhk"
#: dtype of the arithmetic -> `Numbers`
NUMBERS = {wide: np.dtype([(name, wide) for name in MEMBERS]) for wide in (np.dtype(np.float32), np.dtype(np.float64))}


@functools.cache
def instance(rule: str, dtype: str) -> Instance:
    """The kernel of a rule."""
    return Instance.of("optimizer_updates", dtype, V=pack_of(ITEMSIZES[dtype]), RULE=rule, STATES=RULES[rule])


def instances() -> Iterator[Instance]:
    """All that there are."""
    return (instance(rule, dtype) for rule in RULES for dtype in ITEMSIZES)


@functools.cache
def _of_numbers(dtype: np.dtype) -> np.dtype:
    """The dtype of a number beside elements, and of what both make: float32 beside bfloat16, else the elements'."""
    return compute_dtype(dtype) if dtype.name == "bfloat16" else dtype


@functools.lru_cache
def _given(dtype: np.dtype, wide: np.dtype, numbers: tuple[float, ...]) -> Any:
    """The `Numbers` of a rule, rounded to a dtype, which kernels get by value: a step's are one for all parameters."""
    rounded = [dtype.type(number) for number in numbers]
    return np.array((*rounded, *[0.0] * (len(MEMBERS) - len(numbers))), NUMBERS[wide])


def _update(rule: str, x: Array, g: Array, states: tuple[Array, ...], *numbers: float, wide: bool = False) -> None:
    """One step, with numbers of the arithmetic's dtype if `wide`."""
    kind = kind_of(x, g, *states)
    for array in (x, *states):
        if array.shape != g.shape or not array.flags.c_contiguous:
            raise DeclinedError("expected a parameter and its states in row order, of the gradient's shape")
    if x.size:
        g = in_order(g)
        aligned = is_aligned(x, g, *states)
        launch = every_element(instance(rule, kind.name), "optimizer_update", x.size, kind.size, aligned)
        given = _given(kind.wide if wide else _of_numbers(x.dtype), kind.wide, numbers)
        run(launch, x, g, *states, *[None] * (MOST_STATES - len(states)), given)


def weight_decay(x: Array, g: Array, rate: float) -> None:
    """The gradient is what changes: it is the kernel's x, and the parameter its g."""
    _update("weight_decay", g, x, (), rate)


def sgd(x: Array, g: Array, lr: float) -> None:
    _update("sgd", x, g, (), lr)


def momentum_sgd(x: Array, g: Array, v: Array, lr: float, momentum: float) -> None:
    _update("momentum_sgd", x, g, (v,), lr, momentum)


def corrected_momentum_sgd(x: Array, g: Array, v: Array, lr: float, momentum: float) -> None:
    _update("corrected_momentum_sgd", x, g, (v,), lr, momentum)


def nesterov_ag(x: Array, g: Array, v: Array, lr: float, momentum: float) -> None:
    _update("nesterov_ag", x, g, (v,), lr, momentum, momentum * momentum, (1 + momentum) * lr)


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
    lower, upper = bounds or (-np.inf, np.inf)
    rule, states = ("adam", (m, v)) if vhat is None else ("adam_of_largest", (m, v, vhat))
    kept = _of_numbers(x.dtype).type(1.0 - eta * weight_decay_rate)  # alone makes no float32 of float16
    numbers = (alpha_t, 1.0 - beta1, 1.0 - beta2, eps, eta, kept, lower, upper)
    _update(rule, x, g, states, *numbers, wide=True)


def ada_grad(x: Array, g: Array, h: Array, lr: float, eps: float) -> None:
    _update("ada_grad", x, g, (h,), lr, eps)


def ada_delta(x: Array, g: Array, msg: Array, msdx: Array, rho: float, eps: float) -> None:
    _update("ada_delta", x, g, (msg, msdx), rho, 1 - rho, eps)


def rmsprop(x: Array, g: Array, ms: Array, lr: float, alpha: float, eps: float, eps_inside_sqrt: bool) -> None:
    _update("rmsprop_inside" if eps_inside_sqrt else "rmsprop", x, g, (ms,), lr, alpha, 1 - alpha, eps)


def rmsprop_graves(
    x: Array, g: Array, n: Array, mean: Array, delta: Array, lr: float, alpha: float, momentum: float, eps: float
) -> None:
    _update("rmsprop_graves", x, g, (n, mean, delta), lr, alpha, 1 - alpha, momentum, eps)
