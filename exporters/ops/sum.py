"""sum <-> ReduceSum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.reductions import axes_of, bound_axes, reduced_count, write_reduction
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.sum import Sum


def write(function: Sum, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return write_reduction("ReduceSum", 13, function, inputs, graph)


def read(node: Node, graph: Graph) -> Reading:
    axes, keepdims = axes_of(node, graph), bool(node.attribute("keepdims", 1))
    return Reading.of_function("sum", lambda x: F.sum(x, axes, keepdims), node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_n times the sum of n magnitudes, and the sum of what comes in."""
    x = inputs[0]
    assert x is not None
    axes, keepdims = bound_axes(node, inputs), bool(node.attribute("keepdims", 1))
    e = np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), x.shape)
    carried = np.asarray(np.sum(e, axis=axes, keepdims=keepdims))
    magnitude = np.sum(np.abs(x) + e, axis=axes, keepdims=keepdims)
    return [gamma(reduced_count(x, carried), u) * magnitude + carried]


translation = Translation(Sum, "ReduceSum", write, read, bound, note="constant axes")
