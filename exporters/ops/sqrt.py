"""sqrt <-> Sqrt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.sqrt import Sqrt


def write(function: Sqrt, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Sqrt", inputs)


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("sqrt", F.sqrt, node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_4 y for roots that are taken as x / sqrt(x), and sqrt(x) - sqrt(x - e) of what comes in."""
    x = inputs[0]
    assert x is not None
    e = error_of(errors[0])
    with np.errstate(invalid="ignore"):
        y = np.sqrt(x)
        carried = np.where(x >= e, y - np.sqrt(np.maximum(x - e, 0.0)), np.inf)
    return [gamma(4, u) * (y + carried) + carried]


translation = Translation(Sqrt, "Sqrt", write, read, bound)
