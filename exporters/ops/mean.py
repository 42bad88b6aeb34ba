"""mean <-> ReduceMean; GlobalAveragePool is read as the mean over the axes of the images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge import functions as F
from dwbridge.autograd import Variable
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.reductions import axes_of, bound_axes, reduced_count, write_reduction
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.mean import Mean


def write(function: Mean, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return write_reduction("ReduceMean", 18, function, inputs, graph)


def read(node: Node, graph: Graph) -> Reading:
    axes, keepdims = axes_of(node, graph), bool(node.attribute("keepdims", 1))
    return Reading.of_function("mean", lambda x: F.mean(x, axes, keepdims), node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """gamma_(n+1) times the mean of n magnitudes (n - 1 additions, a division), and the mean of what comes in."""
    return _bound(inputs[0], errors[0], bound_axes(node, inputs), bool(node.attribute("keepdims", 1)), u)


def _bound(x: Any, error: Any, axes: tuple[int, ...] | None, keepdims: bool, u: float) -> list[np.ndarray]:
    e = np.broadcast_to(np.asarray(error_of(error), dtype=np.float64), x.shape)
    carried = np.asarray(np.mean(e, axis=axes, keepdims=keepdims))
    magnitude = np.mean(np.abs(x) + e, axis=axes, keepdims=keepdims)
    return [gamma(reduced_count(x, carried) + 1, u) * magnitude + carried]


def _image_axes(ndim: int) -> tuple[int, ...]:
    return tuple(range(2, ndim))


def _global_average(x: Any) -> Variable:
    return F.mean(x, _image_axes(x.ndim), keepdims=True)


def read_global(node: Node, graph: Graph) -> Reading:
    return Reading.of_function("mean over the images", _global_average, node.input(0))


def bound_global(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    return _bound(x, errors[0], _image_axes(x.ndim), True, u)


translation = Translation(Mean, "ReduceMean", write, read, bound, note="constant axes")
global_translation = Translation(None, "GlobalAveragePool", None, read_global, bound_global)
