"""hard_sigmoid <-> HardSigmoid; ONNX keeps slope (alpha) and shift (beta) as float32."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.hard_sigmoid import HardSigmoid


def write(function: HardSigmoid, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("HardSigmoid", inputs, alpha=function.slope, beta=function.shift)


def read(node: Node, graph: Graph) -> Reading:
    slope, shift = node.attribute("alpha", 0.2), node.attribute("beta", 0.5)
    description = f"hard_sigmoid, slope={slope:g}, shift={shift:g}"
    return Reading.of_function(description, lambda x: F.hard_sigmoid(x, slope=slope, shift=shift), node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_3 (|slope x| + |shift|): two constants, product and sum are rounded; and at most 1, the range of y."""
    x, slope, shift = inputs[0], abs(node.attribute("alpha", 0.2)), abs(node.attribute("beta", 0.5))
    assert x is not None
    carried = slope * np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), x.shape)
    return [np.minimum(gamma(3, u) * (slope * np.abs(x) + carried + shift) + carried, 1.0)]


translation = Translation(HardSigmoid, "HardSigmoid", write, read, bound)
