"""hard_swish <-> HardSwish from opset 14 on; in opset 13 x times HardSigmoid of x, with slope 1/6 and shift 1/2.

HardSwish is defined through HardSigmoid, whose slope is a float32: runtimes that follow the definition in float64 have
1/6 rounded to float32.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.hard_swish import HardSwish

#: by how much 1/6 is off as a float32
SLOPE_ERROR = abs(float(np.float32(1 / 6)) - 1 / 6)


def write(function: HardSwish, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    if graph.opset >= 14:
        return graph.node("HardSwish", inputs)
    (gate,) = graph.node("HardSigmoid", inputs, alpha=1 / 6, beta=0.5)
    return graph.node("Mul", [*inputs, gate])


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("hard_swish", F.hard_swish, node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """(gamma_6 + the error of a float32 slope, times |x| up to 3) |x|; 3/2 of what comes in, the steepest slope."""
    x = inputs[0]
    assert x is not None
    e = np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), x.shape)
    slope = SLOPE_ERROR * np.minimum(np.abs(x) + e, 3.0) if u else 0.0
    return [(gamma(6, u) + slope) * (np.abs(x) + e) + 1.5 * e]


translation = Translation(HardSwish, "HardSwish", write, read, bound, note="HardSigmoid and Mul in opset 13")
