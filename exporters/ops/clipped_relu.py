"""clipped_relu <-> Clip between the constants 0 and z. A Clip at 0 without an upper end is read as relu."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import carried
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.clipped_relu import ClippedReLU


def write(function: ClippedReLU, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    (x,) = inputs
    return graph.node("Clip", [x, np.array(0, x.dtype), np.array(function.cap, x.dtype)])


def read(node: Node, graph: Graph) -> Reading:
    low = float(graph.constant(node, 1, "lower end")) if node.input(1) else -np.inf
    if low != 0:
        raise UnsupportedError(f"expected a lower end of 0, got {low}")
    if not node.input(2):
        return Reading.of_function("relu", F.relu, node.input(0))
    cap = float(graph.constant(node, 2, "upper end"))
    return Reading.of_function(f"clipped_relu, z={cap:g}", lambda x: F.clipped_relu(x, cap), node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Exact; an error that comes in does not grow."""
    return [carried(inputs[0], errors[0])]


translation = Translation(ClippedReLU, "Clip", write, read, bound, note="lower end 0, constant upper end")
