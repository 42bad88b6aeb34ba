"""Activations on a GPU: one pass over the arrays. `dwbridge.kernels.reference.activations` documents the routines.

Those made of comparisons, products and sums give the reference's bits; the others differ in the last places. 16-bit
types are computed in float32. Arrays that are not in row order are copied.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from dwbridge.backend import Array
from dwbridge.kernels.cuda.arrays import empty, in_order, kind_of
from dwbridge.kernels.cuda.launch import is_aligned, run
from dwbridge.kernels.cuda.plan.elements import every_element, pack_of
from dwbridge.kernels.cuda.plan.launches import ITEMSIZES
from dwbridge.kernels.cuda.sources import Instance

#: What formulas.cuh has.
NAMES = (
    *("relu", "clipped_relu", "leaky_relu", "sigmoid", "tanh", "hard_sigmoid", "hard_swish", "swish"),
    *("erf", "gelu", "gelu_tanh"),
)


@functools.cache
def instance(name: str, dtype: str) -> Instance:
    """The kernels of an activation and of its gradient."""
    formulas = {"FORMULA": f"{name}_of", "GRADIENT": f"{name}_gradient_of"}
    return Instance.of("activations", dtype, V=pack_of(ITEMSIZES[dtype]), **formulas)


def instances() -> Iterator[Instance]:
    """All that there are."""
    return (instance(name, dtype) for name in NAMES for dtype in ITEMSIZES)


def _values(name: str, x: Array, a: float = 0.0, b: float = 0.0) -> Array:
    kind = kind_of(x)
    x = in_order(x)
    y = empty(x.shape, x.dtype)
    if y.size:
        number, chosen = kind.wide.type, instance(name, kind.name)
        run(every_element(chosen, "activation", y.size, kind.size, is_aligned(x)), y, x, number(a), number(b))
    return y


def _gradients(name: str, v: Array, gy: Array, a: float = 0.0, b: float = 0.0) -> Array:
    kind = kind_of(v, gy)
    v, gy = in_order(v), in_order(gy)
    gx = empty(v.shape, v.dtype)
    if gx.size:
        number, chosen = kind.wide.type, instance(name, kind.name)
        launch = every_element(chosen, "activation_gradient", gx.size, kind.size, is_aligned(v, gy))
        run(launch, gx, v, gy, number(a), number(b))
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
