"""gelu <-> Gelu from opset 20 on; below, its definition in other operators.

none    x (1 + Erf(x / sqrt(2))) / 2          in the order in which PyTorch writes it, which runtimes recognise
tanh    x (1 + Tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.gelu import CUBE, SCALE, Gelu, GeluTanh

#: A little above the steepest slope of either form, 1.129.
STEEPEST = 1.13


def write(function: Gelu | GeluTanh, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    if graph.opset >= 20:
        return graph.node("Gelu", inputs, approximate=function.approximate)
    (x,) = inputs
    dtype = x.dtype
    if isinstance(function, Gelu):
        (scaled,) = graph.node("Div", [x, np.array(np.sqrt(2), dtype)])
        (odd,) = graph.node("Erf", [scaled])
    else:
        (square,) = graph.node("Mul", [x, x])
        (cube,) = graph.node("Mul", [square, x])
        (bend,) = graph.node("Mul", [cube, np.array(CUBE, dtype)])
        (bent,) = graph.node("Add", [x, bend])
        (scaled,) = graph.node("Mul", [bent, np.array(SCALE, dtype)])
        (odd,) = graph.node("Tanh", [scaled])
    (gate,) = graph.node("Add", [odd, np.array(1, dtype)])
    (twice,) = graph.node("Mul", [x, gate])
    return graph.node("Mul", [twice, np.array(0.5, dtype)])


def read(node: Node, graph: Graph) -> Reading:
    approximate = node.attribute("approximate", "none")
    if approximate not in ("none", "tanh"):
        raise UnsupportedError(f"approximate {approximate!r}: expected 'none' or 'tanh'")
    return Reading.of_function(f"gelu, approximate={approximate}", lambda x: F.gelu(x, approximate), node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_16 |x|: the distribution, at most 1, is half a sum with 1, so that its error is absolute."""
    x = inputs[0]
    assert x is not None
    e = np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), x.shape)
    return [gamma(16, u) * (np.abs(x) + e) + STEEPEST * e]


translation = Translation(Gelu, "Gelu", write, read, bound, note="its definition below opset 20")
tanh_translation = Translation(GeluTanh, "Gelu", write, read, bound, note="approximate='tanh'; likewise")
