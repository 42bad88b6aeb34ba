"""softmax <-> Softmax along one axis (its meaning since opset 13)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.softmax import Softmax


def write(function: Softmax, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Softmax", inputs, axis=function.axis)


def read(node: Node, graph: Graph) -> Reading:
    axis = node.attribute("axis", -1)
    return Reading.of_function(f"softmax, axis={axis}", lambda x: F.softmax(x, axis), node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Relative: u (d + mean d) + gamma_(n+10), with d = max x - x along the axis.

    Rounding x - max moves an exponential by the factor exp(u d); exp itself is accurate to four units, once above and
    once below the fraction, as is the sum of n; y moves with the logarithms' weighted mean. An error e of x moves y by
    at most the factor exp(2 max e).
    """
    x = inputs[0]
    assert x is not None
    axis = node.attribute("axis", -1)
    y = F.softmax(x, axis).array
    e = np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), x.shape)
    d = x.max(axis=axis, keepdims=True, initial=-np.inf) - x
    rounding = u * (d + (y * d).sum(axis=axis, keepdims=True)) + gamma(x.shape[axis] + 10, u)
    carried = np.expm1(2 * e.max(axis=axis, keepdims=True, initial=0.0))
    return [y * (rounding * (1 + carried) + carried)]


translation = Translation(Softmax, "Softmax", write, read, bound)
