"""convolution_2d <-> Conv, with the same weights (G*O, I, kH, kW) on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.configuration import using_config
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.exporters.ops.windows import window_attributes, window_of
from dwbridge.functions.convolution_2d import Convolution2DFunction
from dwbridge.geometry import Window2D
from dwbridge.links import Convolution2D


def write(function: Convolution2DFunction, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    x, W = inputs[:2]
    assert function.window is not None
    window = function.window
    if window.cover_all:
        # What cover_all adds depends on the images' size; ONNX has only the padding that it amounts to here.
        (top, bottom), (left, right) = window.reach(x.shape[2:])
        pad = (top, max(bottom, window.pad[0][1])), (left, max(right, window.pad[1][1]))
        window = Window2D(window.kernel, window.stride, pad, window.dilate)
    groups = x.shape[1] // W.shape[1] if W.shape[1] else 1
    return graph.node("Conv", inputs, group=groups, **window_attributes(window))


def check_weights(node: Node, graph: Graph) -> tuple[np.ndarray, int]:
    """Weights and number of groups of a Conv over images.

    Raises:
        UnsupportedError: if the weights are computed, are not 4-dimensional, or do not fit the groups.
    """
    W = graph.constant(node, 1, "weights")
    groups = node.attribute("group", 1)
    if W.ndim != 4:
        raise UnsupportedError(f"expected weights of 4 dimensions (images), got {W.shape}")
    if groups < 1 or W.shape[0] % groups:
        raise UnsupportedError(f"{W.shape[0]} output channels (of W {W.shape}) are not divisible by group (={groups})")
    return W, groups


def bias_of(node: Node, graph: Graph, W: np.ndarray) -> tuple[np.ndarray | None, dict[str, str]]:
    """The bias, or None, and which tensors of the file are the link's W and b.

    Raises:
        UnsupportedError: if the bias is computed or does not fit the weights.
    """
    names = {"W": node.input(1)}
    if not node.input(2):
        return None, names
    b = graph.constant(node, 2, "bias")
    if b.shape != W.shape[:1]:
        raise UnsupportedError(f"expected a bias of shape {W.shape[:1]}, got {b.shape}")
    return b, names | {"b": node.input(2)}


def read(node: Node, graph: Graph) -> Reading:
    W, groups = check_weights(node, graph)
    b, weights = bias_of(node, graph, W)
    window = window_of(node, W.shape[2:])
    with using_config("dtype", W.dtype):
        link = Convolution2D(
            W.shape[1] * groups,
            W.shape[0],
            window.kernel,
            window.stride,
            window.pad,
            nobias=b is None,
            initialW=W,
            initial_bias=b,
            dilate=window.dilate,
            groups=groups,
        )
    return Reading.of_link(link, (node.input(0),), weights)


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_(n+1) (sum |x||W| + |b|) with n = I kH kW products, and what comes in, times |W|."""
    x, W, *bias = inputs
    assert x is not None and W is not None
    window = window_of(node, W.shape[2:])
    e = np.broadcast_to(error_of(errors[0]), x.shape)
    b = None if not bias or bias[0] is None else np.abs(bias[0])
    settings = {
        "stride": window.stride,
        "pad": window.pad,
        "dilate": window.dilate,
        "groups": node.attribute("group", 1),
    }
    magnitude = F.convolution_2d(np.abs(x) + e, np.abs(W), b, **settings).array
    carried = F.convolution_2d(np.ascontiguousarray(e), np.abs(W), **settings).array
    return [gamma(W[0].size + 1, u) * magnitude + carried]


translation = Translation(Convolution2DFunction, "Conv", write, read, bound)
