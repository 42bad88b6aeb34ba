"""add <-> Add, broadcasting on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.add import Add


def write(function: Add, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Add", inputs)


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("add", F.add, *node.inputs)


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """One rounding of the sum, and what comes in."""
    a, b = inputs
    assert a is not None and b is not None
    e, f = error_of(errors[0]), error_of(errors[1])
    return [u * (np.abs(a + b) + e + f) + e + f]


translation = Translation(Add, "Add", write, read, bound)
