"""Steps of optimizers on a GPU: one pass over parameters, their gradients and states, which are changed in place.

`dwbridge.kernels.reference.optimizer_updates` documents the routines. Every operation rounds where the reference's
does on NumPy's arrays, in 16-bit types too, and gives its bits, but for what `launch` says of tiny numbers. All arrays
of a parameter have one dtype and one shape. What is changed lies in row order; what is read alone, and does not, is
copied. `together` launches one kernel for all parameters that a table has room for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from dwbridge.backend import Array, compute_dtype
from dwbridge.kernels.cuda.arrays import Kind, in_order, is_in_order, kind
from dwbridge.kernels.cuda.launch import run
from dwbridge.kernels.cuda.plan import updates as plan
from dwbridge.kernels.cuda.plan.launches import ITEMSIZES, struct
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import optimizer_updates as reference

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

#: Names of the members of `Numbers` in update_rules.cuh.
MEMBERS = "abcdefhk"
#: dtype of the arithmetic -> `Numbers`
NUMBERS = {wide: np.dtype([(name, wide) for name in MEMBERS]) for wide in (np.dtype(np.float32), np.dtype(np.float64))}

#: x, g and states of a parameter, as the kernel takes them: x is what changes
Row = Sequence[Array]


def instances() -> Iterator[Instance]:
    """All that there are."""
    return (plan.instance(rule, states, dtype) for rule, states in RULES.items() for dtype in ITEMSIZES)


@functools.cache
def _of_numbers(dtype: np.dtype) -> np.dtype:
    """The dtype of a number beside elements, and of what both make: float32 beside bfloat16, else the elements'."""
    return compute_dtype(dtype) if dtype.name == "bfloat16" else dtype


def _given(dtype: np.dtype, wide: np.dtype, numbers: Sequence[float]) -> Any:
    """The `Numbers` of a rule, rounded to a dtype, which kernels get by value."""
    rounded = [dtype.type(number) for number in numbers]
    return struct((*rounded, *[0.0] * (len(MEMBERS) - len(numbers))), NUMBERS[wide])


def together(routine: str, rows: Sequence[Sequence[Array | None]], *scalars: Any) -> None:
    """Steps of many parameters, of any dtypes; what kernels decline is the reference's."""
    groups: dict[tuple[Kind, int], list[Row]] = {}
    for arrays in rows:
        try:
            row, kind = _taken(arrays[::-1] if routine == "weight_decay" else arrays)
        except DeclinedError:
            getattr(reference, routine)(*arrays, *scalars)
        else:
            groups.setdefault((kind, len(row) - 2), []).append(row)
    for (kind, _), group in groups.items():
        _launch(routine, kind, group, scalars)


def _alone(routine: str, *arrays: Array | None) -> Callable[..., None]:
    """The step of one parameter, to be called with its scalars."""
    row, kind = _taken(arrays)
    return lambda *scalars: _launch(routine, kind, [row], scalars)


def _taken(arrays: Sequence[Array | None]) -> tuple[Row, Kind]:
    """A parameter's arrays as the kernel takes them.

    Raises:
        DeclinedError: if it does not.
    """
    row = tuple([array for array in arrays if array is not None])
    g = row[1]
    dtype, shape = g.dtype, g.shape
    for array in row:
        if array.dtype != dtype or array.shape != shape or not array._c_contiguous:  # as `is_in_order`
            break
    else:
        return row, kind(dtype)
    given, row = row, (row[0], in_order(g), *row[2:])
    if any(array.dtype != dtype or array.shape != shape or not is_in_order(array) for array in row):
        raise DeclinedError(
            "expected a parameter and its states in row order, of the gradient's shape and dtype, got "
            f"{[(array.shape, array.dtype.name) for array in given]}"
        )
    return row, kind(dtype)


def _launch(routine: str, kind: Kind, rows: Sequence[Row], scalars: Sequence[Any]) -> None:
    rows = [row for row in rows if row[0].size]
    if not rows:
        return
    dtype, states = rows[0][0].dtype, len(rows[0]) - 2
    rule, *numbers = FORMULAS[routine](_of_numbers(dtype), states, *scalars)
    given = _given(kind.wide if routine == "adam" else _of_numbers(dtype), kind.wide, numbers)
    chosen, most = plan.instance(rule, states, kind.name), plan.tensors(states)
    for begin in range(0, len(rows), most):
        part = rows[begin : begin + most]
        addresses = [[array.data.ptr for array in row] for row in part]
        run(plan.launch(chosen, plan.chunk(kind.name), addresses, [row[0].size for row in part], given))


def _adam(
    of: np.dtype,
    states: int,
    alpha_t: float,
    beta1: float,
    beta2: float,
    eps: float,
    eta: float,
    weight_decay_rate: float,
    bounds: tuple[float, float] | None,
) -> tuple[Any, ...]:
    kept = of.type(1.0 - eta * weight_decay_rate)  # alone makes no float32 of float16
    rule = "adam" if states == RULES["adam"] else "adam_of_largest"
    return rule, alpha_t, 1.0 - beta1, 1.0 - beta2, eps, eta, kept, *(bounds or (-np.inf, np.inf))


def _rmsprop(of: np.dtype, states: int, lr: float, alpha: float, eps: float, inside: bool) -> tuple[Any, ...]:
    return "rmsprop_inside" if inside else "rmsprop", lr, alpha, 1 - alpha, eps


#: routine -> its rule and the rule's numbers, from the dtype of a number beside elements, how many states, its scalars
FORMULAS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "weight_decay": lambda of, states, rate: ("weight_decay", rate),
    "sgd": lambda of, states, lr: ("sgd", lr),
    "momentum_sgd": lambda of, states, lr, momentum: ("momentum_sgd", lr, momentum),
    "corrected_momentum_sgd": lambda of, states, lr, momentum: ("corrected_momentum_sgd", lr, momentum),
    "nesterov_ag": lambda of, states, lr, momentum: (
        *("nesterov_ag", lr, momentum, momentum * momentum, (1 + momentum) * lr),
    ),
    "adam": _adam,
    "ada_grad": lambda of, states, lr, eps: ("ada_grad", lr, eps),
    "ada_delta": lambda of, states, rho, eps: ("ada_delta", rho, 1 - rho, eps),
    "rmsprop": _rmsprop,
    "rmsprop_graves": lambda of, states, lr, alpha, momentum, eps: (
        *("rmsprop_graves", lr, alpha, 1 - alpha, momentum, eps),
    ),
}


def weight_decay(x: Array, g: Array, rate: float) -> None:
    """The gradient is what changes: it is the kernel's x, and the parameter its g."""
    _alone("weight_decay", g, x)(rate)


def sgd(x: Array, g: Array, lr: float) -> None:
    _alone("sgd", x, g)(lr)


def momentum_sgd(x: Array, g: Array, v: Array, lr: float, momentum: float) -> None:
    _alone("momentum_sgd", x, g, v)(lr, momentum)


def corrected_momentum_sgd(x: Array, g: Array, v: Array, lr: float, momentum: float) -> None:
    _alone("corrected_momentum_sgd", x, g, v)(lr, momentum)


def nesterov_ag(x: Array, g: Array, v: Array, lr: float, momentum: float) -> None:
    _alone("nesterov_ag", x, g, v)(lr, momentum)


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
    _alone("adam", x, g, m, v, vhat)(alpha_t, beta1, beta2, eps, eta, weight_decay_rate, bounds)


def ada_grad(x: Array, g: Array, h: Array, lr: float, eps: float) -> None:
    _alone("ada_grad", x, g, h)(lr, eps)


def ada_delta(x: Array, g: Array, msg: Array, msdx: Array, rho: float, eps: float) -> None:
    _alone("ada_delta", x, g, msg, msdx)(rho, eps)


def rmsprop(x: Array, g: Array, ms: Array, lr: float, alpha: float, eps: float, eps_inside_sqrt: bool) -> None:
    _alone("rmsprop", x, g, ms)(lr, alpha, eps, eps_inside_sqrt)


def rmsprop_graves(
    x: Array, g: Array, n: Array, mean: Array, delta: Array, lr: float, alpha: float, momentum: float, eps: float
) -> None:
    _alone("rmsprop_graves", x, g, n, mean, delta)(lr, alpha, momentum, eps)
