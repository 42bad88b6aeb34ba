"""absolute <-> Abs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import carried
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.absolute import Absolute


def write(function: Absolute, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Abs", inputs)


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("absolute", F.absolute, node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Exact; an error that comes in does not grow."""
    return [carried(inputs[0], errors[0])]


translation = Translation(Absolute, "Abs", write, read, bound)
