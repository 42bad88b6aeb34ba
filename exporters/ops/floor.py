"""floor <-> Floor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.floor import Floor


def write(function: Floor, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Floor", inputs)


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("floor", F.floor, node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Exact; how far the floors of x - e and x + e lie apart of what comes in."""
    x, e = inputs[0], error_of(errors[0])
    assert x is not None
    return [np.floor(x + e) - np.floor(x - e)]


translation = Translation(Floor, "Floor", write, read, bound)
