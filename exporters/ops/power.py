"""power <-> Pow with a constant exponent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.power import Power


def write(function: Power, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    (x,) = inputs
    return graph.node("Pow", [x, np.array(function.exponent, x.dtype)])


def read(node: Node, graph: Graph) -> Reading:
    exponent = graph.constant(node, 1, "exponent")
    if exponent.size != 1:
        raise UnsupportedError(f"expected one exponent for all elements, got shape {exponent.shape}")
    number = float(exponent.reshape(()))
    return Reading.of_function(f"power, exponent={number:g}", lambda x: F.power(x, number), node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_8 |y|, and how far y moves over x +- e; infinite where that interval holds 0 and the power has no end.

    Eight units cover the libraries' pow, which are accurate to four, and their way over exp and log in lower precision.
    """
    x, exponent = inputs
    assert x is not None and exponent is not None
    e = error_of(errors[0])
    y = np.power(x, exponent)
    ends = [np.abs(np.power(x + side, exponent) - y) for side in (e, -np.asarray(e))]
    carried = np.where(np.asarray(e) > 0, np.maximum(*ends), 0.0)
    crosses = (np.abs(x) <= e) & (np.asarray(e) > 0) & (exponent < 1)
    return [gamma(8, u) * np.abs(y) + np.where(crosses, np.inf, carried) * (1 + gamma(8, u))]


translation = Translation(Power, "Pow", write, read, bound, note="constant exponent")
