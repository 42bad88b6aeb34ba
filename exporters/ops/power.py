"""power <-> Pow, with a number as exponent or an array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.power import Power, PowerOfArrays


def write(function: Power, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    (x,) = inputs
    return graph.node("Pow", [x, np.array(function.exponent, x.dtype)])


def matches(node: Node, graph: Graph) -> bool:
    """The exponent is one constant number. Files keep it as an initializer as well; it is not trained."""
    exponent = graph.constants.get(node.input(1))
    return exponent is not None and exponent.size == 1


def read(node: Node, graph: Graph) -> Reading:
    number = float(graph.constant(node, 1, "exponent").reshape(()))
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


def write_arrays(function: PowerOfArrays, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Pow", inputs)


def read_arrays(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("power", F.power, *node.inputs)


def bound_arrays(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_8 |y|, and how far y moves to the corners of x +- e, p +- f; infinite where x may reach 0.

    Above 0 the power is monotonic in x and in p, so its extremes lie in corners.
    """
    x, p = inputs
    assert x is not None and p is not None
    e, f = np.asarray(error_of(errors[0])), np.asarray(error_of(errors[1]))
    with np.errstate(invalid="ignore", divide="ignore"):
        y = np.power(x, p)
        corners = [np.abs(np.power(x + s * e, p + t * f) - y) for s in (-1, 1) for t in (-1, 1)]
    moved = np.where(x > e, np.maximum.reduce(corners), np.inf)
    carried = np.where((e > 0) | (f > 0), moved, 0.0)
    return [gamma(8, u) * (np.abs(y) + carried) + carried]


translation = Translation(Power, "Pow", write, read, bound, matches, note="constant exponent")
variable_translation = Translation(PowerOfArrays, "Pow", write_arrays, read_arrays, bound_arrays)
