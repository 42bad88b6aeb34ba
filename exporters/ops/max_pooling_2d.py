"""max_pooling_2d <-> MaxPool. cover_all is ceil_mode, except that ONNX drops windows that begin behind the image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dwbridge import functions as F
from dwbridge.autograd import Variable
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.average_pooling_2d import check_padding
from dwbridge.exporters.ops.rounding import error_of
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.exporters.ops.windows import window_attributes, window_of
from dwbridge.functions.max_pooling_2d import MaxPooling2D
from dwbridge.geometry import Window2D


def write(function: MaxPooling2D, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    window = function.window
    check_padding(window)
    image = inputs[0].shape[2:]
    if any(_begins_behind(window, image)):
        raise UnsupportedError(f"ONNX drops windows that begin behind the image (as one does here, on {image})")
    attributes = window_attributes(window, dilations=False)
    return graph.node("MaxPool", inputs, ceil_mode=int(window.cover_all), **attributes)


def read(node: Node, graph: Graph) -> Reading:
    if any(node.outputs[1:]):
        raise UnsupportedError("the output of indices is not supported")
    return Reading.of_function("max_pooling_2d", _pooling(node), node.input(0))


def _pooling(node: Node) -> Callable[[Any], Variable]:
    window = window_of(node, cover_all=bool(node.attribute("ceil_mode", 0)))
    if window.dilate != (1, 1):
        raise UnsupportedError(f"dilations {window.dilate}: expected (1, 1)")
    return lambda x: _max_pooling(x, window)


def _max_pooling(x: Any, window: Window2D) -> Variable:
    image = x.shape[2:]
    dropped = _begins_behind(window, image)
    if window.cover_all and any(dropped):
        # Where the last window is dropped, what is left are the windows of floor mode; elsewhere padding stands for it.
        reach = zip(window.pad, window.reach(image), dropped, strict=True)
        pad = tuple(pads if drop else (pads[0], max(pads[1], ends[1])) for pads, ends, drop in reach)
        window = Window2D.of(window.kernel, window.stride, pad)
    return F.max_pooling_2d(x, window.kernel, window.stride, window.pad, window.cover_all)


def _begins_behind(window: Window2D, image: Sequence[int]) -> list[bool]:
    """For each axis, whether the last window begins behind the image, in the padding or beyond it."""
    axes = zip(image, window.output_shape(image), window.stride, window.pad, strict=True)
    return [(out - 1) * stride >= size + before for size, out, stride, (before, _) in axes]


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Exact; what comes in is at most the largest error under the window."""
    x = inputs[0]
    assert x is not None
    e = np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), x.shape)
    return [np.maximum(_pooling(node)(np.ascontiguousarray(e)).array, 0.0)]


translation = Translation(MaxPooling2D, "MaxPool", write, read, bound, note="no dilation, no indices")
