"""swish -> x times Sigmoid of beta x, and read as these: ONNX has no such operator before opset 24.

A beta that is an array is computed by mul and sigmoid here as well.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops import mul
from dwbridge.exporters.ops.translation import Translation
from dwbridge.functions.swish import Swish


def write(function: Swish, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    (x,) = inputs
    scaled: Value | str = x
    if function.beta != 1:
        (scaled,) = graph.node("Mul", [x, np.array(function.beta, x.dtype)])
    (gate,) = graph.node("Sigmoid", [scaled])
    return graph.node("Mul", [x, gate])


def matches(node: Node, graph: Graph) -> bool:
    """No node is a swish by itself."""
    return False


translation = Translation(
    Swish, "Mul", write, mul.read, mul.bound, matches, note="written as Sigmoid and Mul, read as these"
)
