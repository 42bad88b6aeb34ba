"""split_axis <-> Split, with the sections' lengths as a constant input."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from dwbridge import functions as F
from dwbridge.autograd import Variable
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import carried
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.split_axis import SplitAxis


def write(function: SplitAxis, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    lengths = np.array([shape[function.axis] for shape in function.shapes], dtype=np.int64)
    return graph.node("Split", [*inputs, lengths], outputs=len(lengths), axis=function.axis)


def read(node: Node, graph: Graph) -> Reading:
    axis = node.attribute("axis", 0)
    lengths = graph.constant(node, 1, "lengths").tolist() if node.input(1) else None

    def call(x: Any) -> tuple[Variable, ...]:
        return F.split_axis(x, begins_of(lengths, len(node.outputs), x.shape[axis]), axis)

    return Reading.of_function(f"split_axis into {len(node.outputs)}, axis={axis}", call, node.input(0))


def begins_of(lengths: Sequence[int] | None, sections: int, length: int) -> list[int]:
    """Where all sections but the first begin: by their lengths, or equal ones, of which the last may be shorter.

    >>> begins_of([1, 3, 1], 3, 5), begins_of(None, 2, 5)
    ([1, 4], [3])
    """
    if lengths is None:
        lengths = [-(-length // sections)] * sections
    return list(accumulate(lengths[:-1]))


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Exact."""
    e = carried(inputs[0], errors[0])
    axis = node.attribute("axis", 0)
    given = inputs[1] if len(inputs) > 1 else None
    lengths = None if given is None else [int(length) for length in given]
    return list(np.split(e, begins_of(lengths, len(node.outputs), e.shape[axis]), axis=axis))


translation = Translation(SplitAxis, "Split", write, read, bound, note="constant lengths")
