"""cos <-> Cos."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.cos import Cos


def write(function: Cos, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Cos", inputs)


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("cos", F.cos, node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_8 |y| + gamma_4 |x y'|: libraries are accurate to four units, and reduce x to four units of itself.

    |y'| <= 1 bounds what comes in.
    """
    x = inputs[0]
    assert x is not None
    e = error_of(errors[0])
    carried = np.minimum(e, 2.0)
    rounding = gamma(8, u) * (np.abs(np.cos(x)) + carried) + gamma(4, u) * np.abs(x * np.sin(x))
    return [rounding + carried]


translation = Translation(Cos, "Cos", write, read, bound)
