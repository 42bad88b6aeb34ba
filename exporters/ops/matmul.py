"""matmul <-> MatMul, leading axes broadcast on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import carried, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.matmul import MatMul


def write(function: MatMul, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    a, b = inputs
    if a.dtype != b.dtype:
        raise UnsupportedError(f"a is {a.dtype} and b is {b.dtype}; ONNX multiplies one type")
    return graph.node("MatMul", [a, b])


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("matmul", F.matmul, *node.inputs)


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_(n+1) |a| |b| with n products each, and |a| f + e |b| + e f of what comes in."""
    a, b = inputs
    assert a is not None and b is not None
    e, f = carried(a, errors[0]), carried(b, errors[1])
    size, other = np.abs(a), np.abs(b)
    moved = np.matmul(size, f) + np.matmul(e, other) + np.matmul(e, f)
    return [np.asarray(gamma(a.shape[-1] + 1, u) * (np.matmul(size, other) + moved) + moved)]


translation = Translation(MatMul, "MatMul", write, read, bound)
