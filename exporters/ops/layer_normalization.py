"""layer_normalization <-> LayerNormalization over the last axis, from opset 17 on.

Another axis is brought to the end by a Transpose and back by a second one. Below opset 17 it is written in other
operators, with gamma and beta in the shape in which they broadcast:

    c = x - ReduceMean(x);   y = c / Sqrt(ReduceMean(c c) + eps) gamma + beta
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge.configuration import using_config
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.layer_normalization import LayerNormalization as LayerNormalizationFunction
from dwbridge.links import LayerNormalization


def write(function: LayerNormalizationFunction, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    if graph.opset < 17:
        return _write_definition(function, inputs, graph)
    x, scale, shift = inputs
    operands = [scale] if shift.path is None and not shift.array.any() else [scale, shift]
    ndim, axis = len(x.shape), function.axis
    order = [*(i for i in range(ndim) if i != axis), axis]
    if axis == ndim - 1:
        return graph.node("LayerNormalization", [x, *operands], axis=-1, epsilon=float(function.eps))
    (last,) = graph.node("Transpose", [x], perm=order)
    (y,) = graph.node("LayerNormalization", [last, *operands], axis=-1, epsilon=float(function.eps))
    return graph.node("Transpose", [y], perm=[order.index(i) for i in range(ndim)])


def _write_definition(
    function: LayerNormalizationFunction, inputs: Sequence[Value], graph: GraphWriter
) -> Sequence[str]:
    x, scale, shift = inputs
    spread = (-1, *(1 for _ in x.shape[function.axis + 1 :]))
    (mean,) = graph.node("ReduceMean", [x], axes=[function.axis], keepdims=1)
    (centred,) = graph.node("Sub", [x, mean])
    (squares,) = graph.node("Mul", [centred, centred])
    (variance,) = graph.node("ReduceMean", [squares], axes=[function.axis], keepdims=1)
    (sum_,) = graph.node("Add", [variance, np.array(function.eps, x.dtype)])
    (deviation,) = graph.node("Sqrt", [sum_])
    (normal,) = graph.node("Div", [centred, deviation])
    (scaled,) = graph.node("Mul", [normal, scale], parameters={1: scale.array.reshape(spread)})
    return graph.node("Add", [scaled, shift], parameters={1: shift.array.reshape(spread)})


def read(node: Node, graph: Graph) -> Reading:
    axis, stash = node.attribute("axis", -1), node.attribute("stash_type", 1)
    scale = graph.constant(node, 1, "scale")
    shift = graph.constant(node, 2, "shift") if node.input(2) else None
    if axis != -1 or scale.ndim != 1 or (shift is not None and shift.shape != scale.shape):
        shapes = [array.shape for array in (scale, shift) if array is not None]
        raise UnsupportedError(f"expected axis -1 and weights of one number for each place, got axis {axis}, {shapes}")
    if stash != 1 or any(node.outputs[1:]):
        raise UnsupportedError("expected stash_type = 1, and no use of the mean and the deviation")
    with using_config("dtype", scale.dtype):
        eps = node.attribute("epsilon", 1e-5)
        link = LayerNormalization(len(scale), eps, scale, shift, axis=-1, use_beta=shift is not None)
    weights = {"gamma": node.input(1)} if shift is None else {"gamma": node.input(1), "beta": node.input(2)}
    return Reading.of_link(link, (node.input(0),), weights)


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """|scale| s (E (1 + r) + |c| r) + gamma_6 (|scale| s |c| + |shift|), c = x - mean and s = 1 / sqrt(var + eps).

    E bounds the error of c: gamma_(n+2) (|x| + mean |x|), and e + mean e of what comes in. The variance is off by
    mean(2 |c| E + E^2), or by gamma_(n+2) mean(x^2) where it is taken for mean(x^2) - mean^2; if that is at most d
    times var + eps, d <= 1/2, then s is off by r = 3/2 d of itself.
    """
    x, scale = inputs[0], inputs[1]
    assert x is not None and scale is not None
    shift = inputs[2] if len(inputs) > 2 and inputs[2] is not None else np.zeros(1)
    e = np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), x.shape)
    c = x - _mean(x)
    rounding = gamma(x.shape[-1] + 2, u)
    E = rounding * (np.abs(x) + e + _mean(np.abs(x) + e)) + e + _mean(e)
    total = _mean(c * c) + node.attribute("epsilon", 1e-5)
    d = (_mean(2 * np.abs(c) * E + E * E) + rounding * _mean(np.square(np.abs(x) + e))) / total + gamma(4, u)
    r = np.where(d <= 0.5, 1.5 * d, np.inf)
    slope = np.abs(scale) / np.sqrt(total)
    moved = slope * (E * (1 + r) + np.abs(c) * r)
    return [moved + gamma(6, u) * (slope * np.abs(c) + moved + np.abs(shift))]


def _mean(x: np.ndarray) -> np.ndarray:
    return np.asarray(x.sum(axis=-1, keepdims=True) / max(1, x.shape[-1]))


translation = Translation(
    LayerNormalizationFunction,
    "LayerNormalization",
    write,
    read,
    bound,
    note="axis -1, constant weights; others with Transpose; its definition below opset 17",
)
