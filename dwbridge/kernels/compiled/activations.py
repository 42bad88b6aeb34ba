"""Activations, compiled: one pass over the arrays, vector by vector, and no memory but the result.

Routines and arguments are those of `dwbridge.kernels.reference.activations`. Those made of comparisons and products
give the reference's bits; the others differ in the last places (see `elementary`).

Arrays whose elements lie without gaps, in any order of the axes, are walked as they lie in memory, and the result lies
alike. Others are first copied into the result, which is then computed in place.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from dwbridge.kernels.buffers import empty
from dwbridge.kernels.compiled import threads
from dwbridge.kernels.compiled.arrays import compute_type, flat
from dwbridge.kernels.compiled.compiler import Kernel
from dwbridge.kernels.compiled.vectors import elementary
from dwbridge.kernels.compiled.vectors.lanes import Lanes, at_least, at_most, both, fma, where
from dwbridge.kernels.compiled.vectors.runs import load, store, walk
from dwbridge.kernels.compiled.vectors.stream import Stream
from dwbridge.kernels.reference.activations import GELU_CUBE, GELU_SCALE

#: Elements that are worth handing to a thread.
GRAIN = 1 << 14


def _clipped(x: Lanes, low: float, high: Lanes | float) -> Lanes:
    return at_most(at_least(x, low), high)


def _relu(x: Lanes) -> Lanes:
    return where(x <= 0.0, 0.0, x)


def _relu_gradient(y: Lanes, gy: Lanes) -> Lanes:
    return gy * where(y > 0.0, y.like(1.0), 0.0)


def _clipped_relu(x: Lanes, z: Lanes) -> Lanes:
    return at_most(_relu(x), z)


def _clipped_relu_gradient(y: Lanes, gy: Lanes, z: Lanes) -> Lanes:
    return gy * where(both(y > 0.0, y < z, y.builder), y.like(1.0), 0.0)


def _leaky_relu(x: Lanes, slope: Lanes) -> Lanes:
    return where(x >= 0.0, x, x * slope)


def _leaky_relu_gradient(v: Lanes, gy: Lanes, slope: Lanes) -> Lanes:
    return where(v >= 0.0, gy, gy * slope)


def _sigmoid_gradient(y: Lanes, gy: Lanes) -> Lanes:
    return gy * (y * (1.0 - y))


def _tanh_gradient(y: Lanes, gy: Lanes) -> Lanes:
    return gy * (1.0 - y * y)


def _hard_sigmoid(x: Lanes, slope: Lanes, shift: Lanes) -> Lanes:
    return _clipped(x * slope + shift, 0.0, 1.0)


def _hard_sigmoid_gradient(y: Lanes, gy: Lanes, slope: Lanes, shift: Lanes) -> Lanes:
    return gy * where(both(y > 0.0, y < 1.0, y.builder), slope, 0.0)


def _hard_swish(x: Lanes) -> Lanes:
    return x * _clipped(x + 3.0, 0.0, 6.0) / 6.0


def _hard_swish_gradient(x: Lanes, gy: Lanes) -> Lanes:
    return gy * where(abs(x) < 3.0, x / 3.0 + 0.5, where(x >= 3.0, x.like(1.0), 0.0))


def _swish(x: Lanes, beta: Lanes) -> Lanes:
    return x * elementary.logistic(x * beta)


def _swish_gradient(x: Lanes, gy: Lanes, beta: Lanes) -> Lanes:
    t = x * beta
    s, rest = elementary.logistic_pair(t)
    return gy * (s * fma(t, rest, 1.0))


def _erf_gradient(x: Lanes, gy: Lanes) -> Lanes:
    return gy * (elementary.exp_of_square(at_most(abs(x), 30.0), -1.0) * (2 / math.sqrt(math.pi)))


def _gelu(x: Lanes) -> Lanes:
    return x * elementary.normal_distribution(x)[0]


def _gelu_gradient(x: Lanes, gy: Lanes) -> Lanes:
    distribution, power = elementary.normal_distribution(x)
    return gy * fma(x, power * (1 / math.sqrt(2 * math.pi)), distribution)


def _gelu_tanh(x: Lanes) -> Lanes:
    near = _clipped(x, -40.0, 40.0)
    return x * elementary.logistic((near + GELU_CUBE * near * near * near) * (2 * GELU_SCALE))


def _gelu_tanh_gradient(x: Lanes, gy: Lanes) -> Lanes:
    near = _clipped(x, -40.0, 40.0)
    s, rest = elementary.logistic_pair((near + GELU_CUBE * near * near * near) * (2 * GELU_SCALE))
    slope = (1.0 + 3 * GELU_CUBE * near * near) * (2 * GELU_SCALE)
    return gy * (s * fma(near * rest, slope, 1.0))


#: routine -> (formula of y, formula of gx)
FORMULAS: dict[str, tuple[Callable[..., Lanes], Callable[..., Lanes]]] = {
    "relu": (_relu, _relu_gradient),
    "clipped_relu": (_clipped_relu, _clipped_relu_gradient),
    "leaky_relu": (_leaky_relu, _leaky_relu_gradient),
    "sigmoid": (elementary.logistic, _sigmoid_gradient),
    "tanh": (elementary.tanh, _tanh_gradient),
    "hard_sigmoid": (_hard_sigmoid, _hard_sigmoid_gradient),
    "hard_swish": (_hard_swish, _hard_swish_gradient),
    "swish": (_swish, _swish_gradient),
    "erf": (elementary.erf, _erf_gradient),
    "gelu": (_gelu, _gelu_gradient),
    "gelu_tanh": (_gelu_tanh, _gelu_tanh_gradient),
}


@intrinsic(prefer_literal=True)
def _write_values(typingctx, name, start, stop, x, y, constants):
    """y[start:stop] of a formula."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        formula = FORMULAS[sig.args[0].literal_value][0]
        source = Stream(context, builder, sig.args[3], args[3])
        target = Stream(context, builder, sig.args[4], args[4])

        def write(at: ir.Value, number: int, count: ir.Value | None) -> None:
            place = builder.add(args[1], at)
            values = Lanes(builder, load(source, place, count))
            store(target, formula(values, *_numbers(values, sig.args[5], args[5])).value, place, count)

        walk(builder, builder.sub(args[2], args[1]), source.lanes, write)
        return context.get_dummy_value()

    return types.void(name, types.intp, types.intp, x, y, constants), generate


@intrinsic(prefer_literal=True)
def _write_gradients(typingctx, name, start, stop, v, gy, gx, constants):
    """gx[start:stop] of a formula."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        formula = FORMULAS[sig.args[0].literal_value][1]
        retained, given, target = (Stream(context, builder, sig.args[k], args[k]) for k in (3, 4, 5))

        def write(at: ir.Value, number: int, count: ir.Value | None) -> None:
            place = builder.add(args[1], at)
            values = Lanes(builder, load(retained, place, count))
            gradients = Lanes(builder, load(given, place, count))
            numbers = _numbers(values, sig.args[6], args[6])
            store(target, formula(values, gradients, *numbers).value, place, count)

        walk(builder, builder.sub(args[2], args[1]), retained.lanes, write)
        return context.get_dummy_value()

    return types.void(name, types.intp, types.intp, v, gy, gx, constants), generate


def _numbers(model: Lanes, kind: Any, value: ir.Value) -> list[Lanes]:
    """The members of a tuple of float64, each in every lane."""
    return [model.scalar(model.builder.extract_value(value, k)) for k in range(len(kind))]


@functools.cache
def _values_kernel(name: str) -> Kernel:
    def activation(start, stop, x, y, constants):
        _write_values(name, start, stop, x, y, constants)

    return Kernel(activation, (name,))


@functools.cache
def _gradients_kernel(name: str) -> Kernel:
    def activation_gradient(start, stop, v, gy, gx, constants):
        _write_gradients(name, start, stop, v, gy, gx, constants)

    return Kernel(activation_gradient, (name,))


def _order(array: np.ndarray) -> tuple[int, ...] | None:
    """The axes from the outermost in memory to the innermost; None where they are in order already."""
    if array.flags.c_contiguous:
        return None
    return tuple(sorted(range(array.ndim), key=lambda axis: (-abs(array.strides[axis]), axis)))


def _row(array: np.ndarray, order: tuple[int, ...] | None) -> np.ndarray | None:
    """All elements as they lie in memory, None if there are gaps or they lie in another order of the axes."""
    inner = array if order is None else array.transpose(order)
    return flat(inner) if inner.flags.c_contiguous else None


def _result_like(array: np.ndarray) -> np.ndarray:
    """An array of the same shape, dtype and order of axes."""
    if array.flags.c_contiguous:
        return empty(array.shape, array.dtype)
    return np.empty_like(array, subok=False)


def _values(name: str, x: np.ndarray, *constants: float) -> np.ndarray:
    compute_type(x)
    order = _order(x)
    y = _result_like(x)
    source, target = _row(x, order), _row(y, order)
    assert target is not None
    if source is None:
        y[...] = x
        source = target
    threads.run(_values_kernel(name), x.size, GRAIN, source, target, constants)
    return y


def _gradients(name: str, v: np.ndarray, gy: np.ndarray, *constants: float) -> np.ndarray:
    compute_type(v, gy)
    order = _order(v)
    retained = _row(v, order)
    if retained is None:
        return _gradients(name, v.copy(), gy, *constants)
    gx = _result_like(v)
    given, target = _row(gy, order), _row(gx, order)
    assert target is not None
    if given is None:
        gx[...] = gy
        given = target
    threads.run(_gradients_kernel(name), v.size, GRAIN, retained, given, target, constants)
    return gx


relu, relu_gradient = (functools.partial(f, "relu") for f in (_values, _gradients))
clipped_relu, clipped_relu_gradient = (functools.partial(f, "clipped_relu") for f in (_values, _gradients))
leaky_relu, leaky_relu_gradient = (functools.partial(f, "leaky_relu") for f in (_values, _gradients))
sigmoid, sigmoid_gradient = (functools.partial(f, "sigmoid") for f in (_values, _gradients))
tanh, tanh_gradient = (functools.partial(f, "tanh") for f in (_values, _gradients))
hard_sigmoid, hard_sigmoid_gradient = (functools.partial(f, "hard_sigmoid") for f in (_values, _gradients))
hard_swish, hard_swish_gradient = (functools.partial(f, "hard_swish") for f in (_values, _gradients))
swish, swish_gradient = (functools.partial(f, "swish") for f in (_values, _gradients))
erf, erf_gradient = (functools.partial(f, "erf") for f in (_values, _gradients))
gelu, gelu_gradient = (functools.partial(f, "gelu") for f in (_values, _gradients))
gelu_tanh, gelu_tanh_gradient = (functools.partial(f, "gelu_tanh") for f in (_values, _gradients))
