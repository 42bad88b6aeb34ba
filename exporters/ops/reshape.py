"""reshape <-> Reshape with a constant shape; Flatten is read as a reshape.

The first dimension is the batch: where it stays, the file says 0 (copy it), so that the graph takes batches of any
size. A -1 stays a -1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge import functions as F
from dwbridge.autograd import Variable, as_variable
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.reshape import Reshape


def write(function: Reshape, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    (x,) = inputs
    shape = list(function.shape)
    if shape and x.shape and shape[0] == x.shape[0] and x.path is None:
        shape[0] = 0
    if 0 in shape[1:]:
        raise UnsupportedError(f"shape {function.shape}: a length of 0 cannot be told from ONNX's 'copy'")
    return graph.node("Reshape", [x, np.array(shape, dtype=np.int64)])


def read(node: Node, graph: Graph) -> Reading:
    shape = [int(size) for size in graph.constant(node, 1, "shape")]
    if node.attribute("allowzero", 0) and 0 in shape:
        raise UnsupportedError("allowzero = 1 with a length of 0 is not supported")
    return Reading.of_function(f"reshape to {shape}", lambda x: _reshape(x, shape), node.input(0))


def _reshape(x: Any, shape: Sequence[int]) -> Variable:
    x = as_variable(x)
    return F.reshape(x, target_shape(x.shape, shape))


def target_shape(x_shape: Sequence[int], shape: Sequence[int]) -> tuple[int, ...]:
    """ONNX's shape for an array: 0 copies a length; a -1 beside a length of 0 is computed from what is not copied.

    >>> target_shape((0, 4, 6), (0, -1, 3)), target_shape((2, 4, 6), (-1,))
    ((0, 8, 3), (-1,))
    """
    target = [x_shape[i] if size == 0 else size for i, size in enumerate(shape)]
    if -1 in target and 0 in target:  # the other lengths say nothing then
        rest = math.prod(size for i, size in enumerate(x_shape) if i >= len(shape) or shape[i] != 0)
        known = math.prod(size for size in shape if size > 0)
        target[target.index(-1)] = rest // known
    return tuple(target)


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Exact."""
    x, shape = inputs
    assert x is not None and shape is not None
    e = np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), x.shape)
    return [e.reshape(target_shape(x.shape, [int(size) for size in shape]))]


def read_flatten(node: Node, graph: Graph) -> Reading:
    axis = node.attribute("axis", 1)
    return Reading.of_function(f"flatten from axis {axis}", lambda x: _flatten(x, axis), node.input(0))


def _flatten(x: Any, axis: int) -> Variable:
    x = as_variable(x)
    axis = axis + x.ndim if axis < 0 else axis
    return F.reshape(x, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))


def bound_flatten(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Exact."""
    x = inputs[0]
    assert x is not None
    e = np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), x.shape)
    return [_flatten(np.ascontiguousarray(e), node.attribute("axis", 1)).array]


translation = Translation(Reshape, "Reshape", write, read, bound, note="constant shape")
flatten_translation = Translation(None, "Flatten", None, read_flatten, bound_flatten)
