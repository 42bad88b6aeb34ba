"""Dropout is read as dropout with its ratio. In inference mode it computes nothing and is not written."""

from __future__ import annotations

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.ops.rounding import carried
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation


def read(node: Node, graph: Graph) -> Reading:
    if any(node.outputs[1:]):
        raise UnsupportedError("the output of the mask is not supported")
    if node.input(2) and bool(graph.constant(node, 2, "training mode")):
        raise UnsupportedError("training_mode = true: expected a graph exported for inference")
    ratio = float(graph.constant(node, 1, "ratio")) if node.input(1) else 0.5
    return Reading.of_function(f"dropout, ratio={ratio:g}", lambda x: F.dropout(x, ratio), node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Exact."""
    return [carried(inputs[0], errors[0])]


translation = Translation(None, "Dropout", None, read, bound, note="inference mode")
