"""square <-> Mul of a value with itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.square import Square


def write(function: Square, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    (x,) = inputs
    return graph.node("Mul", [x, x])


def matches(node: Node, graph: Graph) -> bool:
    """Both factors are one value, and no parameter: a parameter's gradients are added up by mul as well."""
    return node.inputs[0] == node.inputs[1] and node.inputs[0] not in graph.constants


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("square", F.square, node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """One rounding of the product, and 2 |x| e + e^2 of what comes in."""
    x, e = inputs[0], error_of(errors[0])
    assert x is not None
    carried = 2 * np.abs(x) * e + np.square(e)
    return [u * (x * x + carried) + carried]


translation = Translation(Square, "Mul", write, read, bound, matches, note="one value with itself")
