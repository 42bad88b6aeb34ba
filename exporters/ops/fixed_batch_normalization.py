"""fixed_batch_normalization <-> BatchNormalization in inference mode, kept as a node of its own.

ONNX's momentum is the link's decay. gamma, beta, mean and var are one number for each channel (axis 1).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.fixed_batch_normalization import FixedBatchNormalization
from dwbridge.links import BatchNormalization

ROLES = ("scale", "bias", "mean", "variance")


def write(function: FixedBatchNormalization, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    x = inputs[0]
    if function.axes != tuple(axis for axis in range(len(x.shape)) if axis != 1):
        raise UnsupportedError(f"ONNX normalizes every axis but 1, this one normalizes axes {function.axes}")
    return graph.node("BatchNormalization", inputs, epsilon=float(function.eps), momentum=float(function.decay))


def read(node: Node, graph: Graph) -> Reading:
    if node.attribute("training_mode", 0):
        raise UnsupportedError("training_mode = 1: expected a graph exported for inference")
    arrays = [graph.constant(node, i + 1, role) for i, role in enumerate(ROLES)]
    shapes = {array.shape for array in arrays}
    if len(shapes) != 1 or arrays[0].ndim != 1:
        raise UnsupportedError(f"expected four tensors of one number per channel, got {[a.shape for a in arrays]}")
    if (arrays[3] < 0).any():
        raise UnsupportedError(f"the variance is negative: {arrays[3].min()}")
    scale, bias, mean, variance = arrays
    scaled = node.input(1) in graph.parameters or bool((scale != 1).any())
    shifted = node.input(2) in graph.parameters or bool((bias != 0).any())
    link = BatchNormalization(
        scale.shape[0],
        decay=node.attribute("momentum", 0.9),
        eps=node.attribute("epsilon", 1e-5),
        dtype=scale.dtype,
        use_gamma=scaled,
        use_beta=shifted,
    )
    weights = {"avg_mean": node.input(3), "avg_var": node.input(4)}
    link.avg_mean, link.avg_var = mean.copy(), variance.copy()
    if scaled:
        assert link.gamma is not None
        link.gamma.array = scale.copy()
        weights["gamma"] = node.input(1)
    if shifted:
        assert link.beta is not None
        link.beta.array = bias.copy()
        weights["beta"] = node.input(2)
    return Reading.of_link(link, (node.input(0),), weights)


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_9 (|s| (|x| + |mean|) + |b|) with s = scale / sqrt(var + eps), and what comes in, times |s|.

    Nine operations cover both ways of computing it: from centred images, and as one multiple plus one offset.
    """
    x, scale, bias, mean, variance = inputs
    assert x is not None and scale is not None and bias is not None and mean is not None and variance is not None
    spread = (1, -1, *(1 for _ in x.shape[2:]))
    s = np.abs(scale / np.sqrt(variance + node.attribute("epsilon", 1e-5))).reshape(spread)
    e = error_of(errors[0])
    magnitude = s * (np.abs(x) + e + np.abs(mean).reshape(spread)) + np.abs(bias).reshape(spread)
    return [gamma(9, u) * magnitude + s * e]


translation = Translation(
    FixedBatchNormalization, "BatchNormalization", write, read, bound, note="inference mode, one number per channel"
)
