"""transpose <-> Transpose; the order of axes is always written out, unless there are none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import carried
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.transpose import Transpose


def write(function: Transpose, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Transpose", inputs, perm=list(function.order(len(inputs[0].shape))) or None)


def read(node: Node, graph: Graph) -> Reading:
    axes = node.attribute("perm")
    return Reading.of_function(f"transpose, axes={axes}", lambda x: F.transpose(x, axes), node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Exact."""
    return [carried(inputs[0], errors[0]).transpose(node.attribute("perm"))]


translation = Translation(Transpose, "Transpose", write, read, bound)
