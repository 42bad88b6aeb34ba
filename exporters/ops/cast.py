"""cast <-> Cast between floating types."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import helper

from dwbridge import functions as F
from dwbridge.backend import is_floating
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.cast import Cast


def write(function: Cast, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    return graph.node("Cast", inputs, to=helper.np_dtype_to_tensor_dtype(function.dtype))


def read(node: Node, graph: Graph) -> Reading:
    dtype = np.dtype(helper.tensor_dtype_to_np_dtype(node.attribute("to")))
    if not is_floating(dtype):
        raise UnsupportedError(f"expected a cast to a floating type, got {dtype}")
    return Reading.of_function(f"cast to {dtype}", lambda x: F.cast(x, dtype), node.input(0))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """One rounding, and what comes in."""
    x, e = inputs[0], error_of(errors[0])
    assert x is not None
    return [u * (np.abs(x) + e) + e]


translation = Translation(Cast, "Cast", write, read, bound, note="floating types")
