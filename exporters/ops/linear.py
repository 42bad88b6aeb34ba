"""linear <-> Gemm with transB = 1, with the same weights (O, I) on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge.configuration import using_config
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.linear import LinearFunction
from dwbridge.links import Linear


def write(function: LinearFunction, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Gemm", inputs, transB=1)


def read(node: Node, graph: Graph) -> Reading:
    if node.attribute("alpha", 1.0) != 1.0 or node.attribute("beta", 1.0) != 1.0 or node.attribute("transA", 0):
        raise UnsupportedError("expected alpha = 1, beta = 1 and transA = 0")
    W = graph.constant(node, 1, "weights")
    W = W if node.attribute("transB", 0) else W.T
    weights, b = {"W": node.input(1)}, None
    if node.input(2):
        b = graph.constant(node, 2, "bias")
        if b.size != W.shape[0]:
            raise UnsupportedError(f"expected a bias of {W.shape[0]} numbers, got shape {b.shape}")
        b = b.reshape(-1)
        weights["b"] = node.input(2)
    with using_config("dtype", W.dtype):
        link = Linear(W.shape[1], W.shape[0], nobias=b is None, initialW=W, initial_bias=b)
    return Reading.of_link(link, (node.input(0),), weights)


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_(n+1) (|x| |W|^T + |b|) with n = I products, and what comes in, times |W|."""
    x, W, *bias = inputs
    assert x is not None and W is not None
    matrix = np.abs(W.T if node.attribute("transB", 0) else W)
    e = np.broadcast_to(error_of(errors[0]), x.shape)
    b = 0.0 if not bias or bias[0] is None else np.abs(bias[0])
    return [gamma(matrix.shape[0] + 1, u) * ((np.abs(x) + e) @ matrix + b) + e @ matrix]


translation = Translation(LinearFunction, "Gemm", write, read, bound, note="constant W, alpha = beta = 1")
