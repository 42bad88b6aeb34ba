"""leaky_relu <-> LeakyRelu; ONNX keeps the slope as float32."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.leaky_relu import LeakyReLU


def write(function: LeakyReLU, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("LeakyRelu", inputs, alpha=function.slope)


def read(node: Node, graph: Graph) -> Reading:
    slope = node.attribute("alpha", 0.01)
    return Reading.of_function(f"leaky_relu, slope={slope:g}", lambda x: F.leaky_relu(x, slope), node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Below 0 the slope and the product are rounded; what comes in grows by the steeper of the two slopes."""
    x, slope = inputs[0], abs(node.attribute("alpha", 0.01))
    assert x is not None
    carried = np.broadcast_to(np.asarray(error_of(errors[0]) * max(1.0, slope), dtype=np.float64), x.shape)
    return [gamma(2, u) * (slope * np.maximum(-x, 0.0) + carried) + carried]


translation = Translation(LeakyReLU, "LeakyRelu", write, read, bound)
