"""erf <-> Erf."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.erf import Erf


def write(function: Erf, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Erf", inputs)


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("erf", F.erf, node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_8 |y|: libraries' error functions are accurate to four units. |y'| <= 2 / sqrt(pi), and |y| <= 1."""
    x = inputs[0]
    assert x is not None
    e = np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), x.shape)
    carried = np.minimum(e * (2 / np.sqrt(np.pi)), 2.0)
    return [gamma(8, u) * (np.abs(F.erf(x).array) + carried) + carried]


translation = Translation(Erf, "Erf", write, read, bound)
