"""log_softmax <-> LogSoftmax along one axis (its meaning since opset 13)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.log_softmax import LogSoftmax


def write(function: LogSoftmax, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("LogSoftmax", inputs, axis=function.axis)


def read(node: Node, graph: Graph) -> Reading:
    axis = node.attribute("axis", -1)
    return Reading.of_function(f"log_softmax, axis={axis}", lambda x: F.log_softmax(x, axis), node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """u (|y| + d + mean d) + gamma_(n+10) + gamma_8 log s, with d = max x - x and s = sum exp(-d) along the axis.

    Rounding x - max moves it by u d and the logarithm's argument by the factor exp(u d), weighted by softmax; exp, the
    sum of n and log are rounded as in softmax. An error e of x moves y by at most 2 max e.
    """
    x = inputs[0]
    assert x is not None
    axis = node.attribute("axis", -1)
    y = F.log_softmax(x, axis).array
    e = np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), x.shape)
    d = x.max(axis=axis, keepdims=True, initial=-np.inf) - x
    mean_d = (np.exp(y) * d).sum(axis=axis, keepdims=True)
    log_s = np.log(np.exp(-d).sum(axis=axis, keepdims=True))
    rounding = u * (np.abs(y) + d + mean_d) + gamma(x.shape[axis] + 10, u) + gamma(8, u) * log_s
    carried = 2 * e.max(axis=axis, keepdims=True, initial=0.0)
    return [rounding * (1 + carried) + carried]


translation = Translation(LogSoftmax, "LogSoftmax", write, read, bound)
