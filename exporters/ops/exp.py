"""exp <-> Exp."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.exp import Exp


def write(function: Exp, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Exp", inputs)


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("exp", F.exp, node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_8 y: libraries' exponentials are accurate to four units.

    An error e of x moves y by at most the factor exp(e).
    """
    x = inputs[0]
    assert x is not None
    e = error_of(errors[0])
    with np.errstate(over="ignore", invalid="ignore"):
        y = np.exp(x)
        carried = np.where(np.asarray(e) > 0, y * np.expm1(e), 0.0)
    return [gamma(8, u) * (y + carried) + carried]


translation = Translation(Exp, "Exp", write, read, bound)
