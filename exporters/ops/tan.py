"""tan <-> Tan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.tan import Tan


def write(function: Tan, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Tan", inputs)


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("tan", F.tan, node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_8 |y| + gamma_4 |x y'|: libraries are accurate to four units, and reduce x to four units of itself.

    Between poles y grows, so one end of x +- e bounds what comes in.
    """
    x = inputs[0]
    assert x is not None
    e = error_of(errors[0])
    y = np.tan(x)
    carried = np.maximum(np.tan(x + e) - y, y - np.tan(x - e))
    # An error that reaches the pole, where y changes its sign downwards, has no bound.
    carried = np.where(np.floor((x + e) / np.pi + 0.5) > np.floor((x - e) / np.pi + 0.5), np.inf, carried)
    rounding = gamma(8, u) * (np.abs(y) + carried) + gamma(4, u) * np.abs(x) * (1 + y * y)
    return [rounding + carried]


translation = Translation(Tan, "Tan", write, read, bound)
