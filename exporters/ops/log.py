"""log <-> Log."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.log import Log


def write(function: Log, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Log", inputs)


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("log", F.log, node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_8 |y|, and -log(1 - e / x) of what comes in; infinite where the interval reaches 0."""
    x = inputs[0]
    assert x is not None
    e = error_of(errors[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.abs(np.log(x))
        carried = np.where(x > e, -np.log1p(-np.asarray(e) / x), np.where(np.asarray(e) > 0, np.inf, 0.0))
    return [gamma(8, u) * (y + carried) + carried]


translation = Translation(Log, "Log", write, read, bound)
