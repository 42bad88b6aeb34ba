"""average_pooling_2d <-> AveragePool. pad_value=0 is count_include_pad = 1, pad_value=None is 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dwbridge import functions as F
from dwbridge.autograd import Variable
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.exporters.ops.windows import window_attributes, window_of
from dwbridge.functions.average_pooling_2d import AveragePooling2D
from dwbridge.geometry import Window2D


def check_padding(window: Window2D) -> None:
    """Runtimes refuse a pooling whose padding could hold a whole window.

    Raises:
        UnsupportedError: if it could.
    """
    for (before, after), kernel in zip(window.pad, window.kernel, strict=True):
        if max(before, after) >= kernel:
            raise UnsupportedError(f"ONNX runtimes want padding {window.pad} smaller than the window {window.kernel}")


def write(function: AveragePooling2D, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    check_padding(function.window)
    attributes = window_attributes(function.window, dilations=False)
    return graph.node("AveragePool", inputs, count_include_pad=int(function.count_padding), **attributes)


def read(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("average_pooling_2d", _pooling(node), node.input(0))


def _pooling(node: Node) -> Callable[[Any], Variable]:
    window = _window(node)
    pad_value = 0 if node.attribute("count_include_pad", 0) else None
    return lambda x: F.average_pooling_2d(x, window.kernel, window.stride, window.pad, pad_value=pad_value)


def _window(node: Node) -> Window2D:
    window = window_of(node)
    if node.attribute("ceil_mode", 0):
        raise UnsupportedError("ceil_mode = 1: expected windows that lie within the padded images")
    if window.dilate != (1, 1):
        raise UnsupportedError(f"dilations {window.dilate}: expected (1, 1)")
    return window


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_(k+1) times the mean of |x| over k taps, and the mean of what comes in."""
    x = inputs[0]
    assert x is not None
    mean_of = _pooling(node)
    e = np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), x.shape)
    kh, kw = _window(node).kernel
    return [gamma(kh * kw + 1, u) * mean_of(np.abs(x) + e).array + mean_of(np.ascontiguousarray(e)).array]


translation = Translation(AveragePooling2D, "AveragePool", write, read, bound, note="floor mode, no dilation")
