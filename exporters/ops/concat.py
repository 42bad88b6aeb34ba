"""concat <-> Concat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge import functions as F
from dwbridge.autograd import Variable
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import carried
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.concat import Concat


def write(function: Concat, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Concat", inputs, axis=function.axis)


def read(node: Node, graph: Graph) -> Reading:
    axis = node.attribute("axis")

    def call(*xs: Any) -> Variable:
        return F.concat(xs, axis)

    return Reading.of_function(f"concat, axis={axis}", call, *node.inputs)


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Exact."""
    parts = [carried(x, e) for x, e in zip(inputs, errors, strict=True)]
    return [np.concatenate(parts, axis=node.attribute("axis"))]


translation = Translation(Concat, "Concat", write, read, bound)
