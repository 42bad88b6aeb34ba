"""sigmoid <-> Sigmoid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.sigmoid import Sigmoid


def write(function: Sigmoid, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Sigmoid", inputs)


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("sigmoid", F.sigmoid, node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_8, absolute: runtimes add or subtract 1/2 from an approximation that is odd.

    0 <= y' <= 1/4, and 0 <= y <= 1.
    """
    x = inputs[0]
    assert x is not None
    e = error_of(errors[0])
    carried = np.minimum(np.asarray(e) / 4, 1.0)
    return [gamma(8, u) + np.broadcast_to(carried, x.shape)]


translation = Translation(Sigmoid, "Sigmoid", write, read, bound)
