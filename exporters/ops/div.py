"""div <-> Div, broadcasting on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.div import Div


def write(function: Div, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Div", inputs)


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("div", F.div, *node.inputs)


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """One rounding of the quotient, and (e + |a/b| f) / (|b| - f) of what comes in (infinite where b may be 0).

    One more unit of u: a quotient may be computed as a product with the rounded reciprocal."""
    a, b = inputs
    assert a is not None and b is not None
    e, f = error_of(errors[0]), error_of(errors[1])
    room = np.abs(b) - f
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = np.abs(a / b)
        carried = np.where(room > 0, (e + quotient * f) / room, np.where(np.add(e, f) > 0, np.inf, 0.0))
    return [3 * u * (quotient + carried) + carried]


translation = Translation(Div, "Div", write, read, bound)
