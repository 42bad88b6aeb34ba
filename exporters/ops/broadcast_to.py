"""broadcast_to <-> Expand with a constant shape.

Where a length stays, the file says 1 (which Expand leaves alone), so that the batch may have any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge import functions as F
from dwbridge.autograd import Variable, as_variable
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.broadcast_to import BroadcastTo


def write(function: BroadcastTo, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    (x,) = inputs
    lead = len(function.shape) - len(x.shape)
    shape = [1 if i >= lead and x.shape[i - lead] == size else size for i, size in enumerate(function.shape)]
    return graph.node("Expand", [x, np.array(shape, dtype=np.int64)])


def read(node: Node, graph: Graph) -> Reading:
    shape = tuple(int(size) for size in graph.constant(node, 1, "shape"))
    return Reading.of_function(f"broadcast_to {shape}", lambda x: _expand(x, shape), node.input(0))


def _expand(x: Any, shape: tuple[int, ...]) -> Variable:
    x = as_variable(x)
    return F.broadcast_to(x, np.broadcast_shapes(x.shape, shape))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Exact."""
    x, shape = inputs
    assert x is not None and shape is not None
    target = np.broadcast_shapes(x.shape, tuple(int(size) for size in shape))
    return [np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), target)]


translation = Translation(BroadcastTo, "Expand", write, read, bound, note="constant shape")
