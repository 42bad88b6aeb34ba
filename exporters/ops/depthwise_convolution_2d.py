"""depthwise_convolution_2d <-> Conv with group = input channels.

    link  W (M, C, kH, kW)        file  W (C*M, 1, kH, kW)        output channel c*M + m on both sides

A Conv is depthwise if and only if its weights have one input channel per group and there is more than one group.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.configuration import using_config
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.convolution_2d import bias_of, check_weights
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.exporters.ops.windows import window_attributes, window_of
from dwbridge.functions.depthwise_convolution_2d import DepthwiseConvolution2DFunction
from dwbridge.links import DepthwiseConvolution2D


def to_file(W: np.ndarray) -> np.ndarray:
    """(M, C, kH, kW) -> (C*M, 1, kH, kW)."""
    m, c, kh, kw = W.shape
    return W.transpose(1, 0, 2, 3).reshape(c * m, 1, kh, kw)


def to_link(W: np.ndarray, groups: int) -> np.ndarray:
    """(C*M, 1, kH, kW) -> (M, C, kH, kW); the inverse of `to_file`."""
    return W.reshape(groups, -1, *W.shape[2:]).transpose(1, 0, 2, 3)


def write(function: DepthwiseConvolution2DFunction, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    W = inputs[1]
    if W.name is not None:
        raise UnsupportedError(
            "the weights are computed by the network; a depthwise Conv is written with constant ones"
        )
    assert function.window is not None
    layout = {1: to_file(W.array)}
    groups = W.shape[1]
    return graph.node("Conv", inputs, parameters=layout, group=groups, **window_attributes(function.window))


def matches(node: Node, graph: Graph) -> bool:
    W = graph.constants.get(node.input(1))
    return W is not None and W.ndim == 4 and W.shape[1] == 1 and node.attribute("group", 1) > 1


def read(node: Node, graph: Graph) -> Reading:
    W, groups = check_weights(node, graph)
    b, weights = bias_of(node, graph, W)
    window = window_of(node, W.shape[2:])
    with using_config("dtype", W.dtype):
        link = DepthwiseConvolution2D(
            groups,
            W.shape[0] // groups,
            window.kernel,
            window.stride,
            window.pad,
            nobias=b is None,
            initialW=to_link(W, groups),
            initial_bias=b,
            dilate=window.dilate,
        )
    return Reading.of_link(link, (node.input(0),), weights)


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_(n+1) (sum |x||W| + |b|) with n = kH kW products, and what comes in, times |W|."""
    x, W, *bias = inputs
    assert x is not None and W is not None
    groups = node.attribute("group", 1)
    window = window_of(node, W.shape[2:])
    taps = np.abs(to_link(W, groups))
    e = np.broadcast_to(error_of(errors[0]), x.shape)
    b = None if not bias or bias[0] is None else np.abs(bias[0])
    settings = {"stride": window.stride, "pad": window.pad, "dilate": window.dilate}
    magnitude = F.depthwise_convolution_2d(np.abs(x) + e, taps, b, **settings).array
    carried = F.depthwise_convolution_2d(np.ascontiguousarray(e), taps, **settings).array
    return [gamma(W.shape[2] * W.shape[3] + 1, u) * magnitude + carried]


translation = Translation(DepthwiseConvolution2DFunction, "Conv", write, read, bound, matches, "group = C, constant W")
