"""Checking gradients against numerical differentiation, along one random direction.

For y = f(x), a gradient gy of the outputs and a direction d of the inputs, backward claims

    d/dt <gy, f(x + t d)> at t = 0   =   <gx, d>

The left side is computed by the five-point rule (8 (f(t) - f(-t)) - (f(2t) - f(-2t))) / 12 t, whose error is O(t^4).
One direction tests all entries of a gradient at once: an error in any of them shows with probability one. Only
floating inputs are moved; computations are in float64 unless `dtype` says otherwise.

Source: Autograd's `check_grads` and Chainer's `check_backward` go along a random direction too; the rule is in
Abramowitz and Stegun, 25.3.6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dwbridge.autograd import Variable, as_variable, grad
from dwbridge.backend import Array, is_floating
from dwbridge.configuration import no_backprop_mode, using_config

Function = Callable[..., Any]


def check_backward(
    func: Function,
    x_data: Any,
    y_grad: Any = None,
    params: Sequence[Variable] = (),
    eps: float = 1e-3,
    atol: float = 1e-6,
    rtol: float = 1e-5,
    dtype: Any = np.float64,
) -> None:
    """Compares `backward` of a function with numerical differentiation.

    Args:
        func: takes variables, returns a variable or several.
        x_data: an array, or a sequence of arrays; integer arrays are passed on unmoved.
        y_grad: gradients of the outputs, likewise; None: random ones.
        params: variables that `func` also uses; they are moved and compared too.
        eps: the step t.
        atol, rtol: absolute and relative tolerance of the directional derivative.
        dtype: floating inputs are converted to it; None leaves them.

    Raises:
        AssertionError: if the two derivatives differ by more than the tolerances; the message has both.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F, gradient_check
        >>> gradient_check.check_backward(F.relu, np.array([[-1., 2.]]))
    """
    inputs = [_converted(x, dtype) for x in _listed(x_data)]
    variables = [Variable(x, requires_grad=is_floating(x.dtype)) for x in inputs]
    moved = [*(v for v in variables if v.requires_grad), *params]
    outputs = _listed(func(*variables))
    gys = (
        [_random_like(y.array) for y in outputs] if y_grad is None else [_converted(g, dtype) for g in _listed(y_grad)]
    )
    gxs = grad(outputs, moved, [as_variable(gy) for gy in gys])
    direction = _random_direction([v.array for v in moved])
    claimed = sum(_inner(gx.array, d) for gx, d in zip(gxs, direction, strict=True) if gx is not None)

    def inner_product(step: float) -> float:
        return _moved_product(func, variables, moved, direction, gys, step)

    near = inner_product(eps) - inner_product(-eps)
    far = inner_product(2 * eps) - inner_product(-2 * eps)
    numerical = (8 * near - far) / (12 * eps)
    if not abs(claimed - numerical) <= atol + rtol * abs(numerical):
        raise AssertionError(
            f"backward gives the directional derivative {claimed!r}, numerical differentiation {numerical!r} "
            f"(difference {abs(claimed - numerical):.3g}, tolerance {atol + rtol * abs(numerical):.3g})"
        )


def check_double_backward(
    func: Function,
    x_data: Any,
    y_grad: Any = None,
    params: Sequence[Variable] = (),
    eps: float = 1e-3,
    atol: float = 1e-6,
    rtol: float = 1e-5,
    dtype: Any = np.float64,
) -> None:
    """Compares the gradient of the gradient with numerical differentiation; the arguments are `check_backward`'s.

    The function that is checked takes the inputs and the gradients of the outputs, and returns the gradients of the
    inputs and of `params`.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F, gradient_check
        >>> gradient_check.check_double_backward(F.mul, (np.array([3.]), np.array([2.])))
    """
    inputs = [_converted(x, dtype) for x in _listed(x_data)]
    with no_backprop_mode():
        shapes = [y.array for y in _listed(func(*map(as_variable, inputs)))]
    gys = [_random_like(y) for y in shapes] if y_grad is None else [_converted(g, dtype) for g in _listed(y_grad)]

    def gradients(*arguments: Variable) -> tuple[Variable, ...]:
        xs, given = arguments[: len(inputs)], arguments[len(inputs) :]
        outputs = _listed(func(*xs))
        moved = [*(x for x in xs if is_floating(x.dtype)), *params]
        results = grad(outputs, moved, given, enable_double_backprop=True)
        return tuple(gx for gx in results if gx is not None)

    check_backward(gradients, [*inputs, *gys], None, params, eps, atol, rtol, dtype)


def _moved_product(
    func: Function,
    variables: Sequence[Variable],
    moved: Sequence[Variable],
    direction: Sequence[Array],
    gys: Sequence[Array],
    step: float,
) -> float:
    """<gy, f(x + step * direction)>; the variables are as before afterwards."""
    kept = [v.array for v in moved]
    try:
        for v, d in zip(moved, direction, strict=True):
            v.array = np.asarray(v.array + v.dtype.type(step) * d, dtype=v.dtype)
        # Not under no_backprop_mode: the function that is checked may itself differentiate.
        with using_config("enable_backprop", True):
            outputs = _listed(func(*(as_variable(v) for v in variables)))
        return float(sum(_inner(y.array, gy) for y, gy in zip(outputs, gys, strict=True)))
    finally:
        for v, array in zip(moved, kept, strict=True):
            v.array = array


def _listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, (list, tuple)) else [values]


def _converted(x: Array, dtype: Any) -> Array:
    return x.astype(dtype) if dtype is not None and is_floating(x.dtype) else x


def _random_like(x: Array) -> Array:
    return np.asarray(np.random.normal(size=x.shape), dtype=x.dtype)


def _random_direction(arrays: Sequence[Array]) -> list[Array]:
    """A direction of length one in the space of all arrays together."""
    parts = [_random_like(a) for a in arrays]
    length = np.sqrt(sum(_inner(p, p) for p in parts)) or 1.0
    return [np.asarray(p / length, dtype=p.dtype) for p in parts]


def _inner(a: Array, b: Array) -> float:
    return float((a.astype(np.float64) * b.astype(np.float64)).sum())
