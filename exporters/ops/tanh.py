"""tanh <-> Tanh."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.tanh import Tanh


def write(function: Tanh, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Tanh", inputs)


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("tanh", F.tanh, node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_8 |y|: libraries' hyperbolic tangents are accurate to four units. |y'| <= 1, and |y| <= 1."""
    x = inputs[0]
    assert x is not None
    e = error_of(errors[0])
    carried = np.minimum(e, 2.0)
    return [gamma(8, u) * (np.abs(np.tanh(x)) + carried) + carried]


translation = Translation(Tanh, "Tanh", write, read, bound)
