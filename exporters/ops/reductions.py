"""What ReduceMean and ReduceSum share: axes as an attribute in old opsets, as an input in new ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.functions.sum import Reduction


def write_reduction(
    op_type: str, axes_since: int, function: Reduction, inputs: Sequence[Value], graph: GraphWriter
) -> Sequence[str]:
    """A node whose axes are an input from opset `axes_since` on, an attribute before."""
    keepdims = int(function.keepdims)
    if function.axes is None:
        return graph.node(op_type, inputs, keepdims=keepdims)
    if graph.opset >= axes_since:
        return graph.node(op_type, [*inputs, np.array(function.axes, dtype=np.int64)], keepdims=keepdims)
    return graph.node(op_type, inputs, axes=list(function.axes), keepdims=keepdims)


def axes_of(node: Node, graph: Graph) -> tuple[int, ...] | None:
    """The axes of a reduction, None for all.

    Raises:
        UnsupportedError: if they are computed, or if none means that nothing is reduced.
    """
    axes = graph.constant(node, 1, "axes").tolist() if node.input(1) else node.attribute("axes")
    if axes:
        return tuple(int(axis) for axis in axes)
    if node.attribute("noop_with_empty_axes", 0):
        raise UnsupportedError("noop_with_empty_axes = 1 without axes is not supported")
    return None


def reduced_count(x: np.ndarray, y: np.ndarray) -> int:
    """How many elements of x went into each of y."""
    return max(1, x.size // max(1, y.size))


def bound_axes(node: Node, inputs: Sequence[np.ndarray | None]) -> tuple[int, ...] | None:
    """The axes of a reduction, from the arrays of its inputs."""
    given = inputs[1] if len(inputs) > 1 else None
    axes = given.tolist() if given is not None else node.attribute("axes")
    return tuple(int(axis) for axis in axes) if axes else None
