"""What a translation is: one operator, both directions, and the error that its rounding explains."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from dwbridge.autograd import FunctionNode
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.links import Link

Arrays: TypeAlias = Sequence[np.ndarray | None]
Write: TypeAlias = Callable[[Any, Sequence[Value], GraphWriter], Sequence[str]]
Bound: TypeAlias = Callable[[Node, Arrays, Arrays, float], list[np.ndarray]]


@dataclasses.dataclass(frozen=True)
class Reading:
    """What a node becomes.

    Attributes:
        call: computes the node from the values of `inputs`.
        inputs: names of the values that it takes.
        link: the link, where the node has weights; it is `call` itself.
        weights: attribute of the link -> name of the file's tensor.
        description: for people.
    """

    call: Callable[..., Any]
    inputs: tuple[str, ...]
    link: Link | None = None
    weights: Mapping[str, str] = dataclasses.field(default_factory=dict)
    description: str = ""

    @classmethod
    def of_link(cls, link: Link, inputs: tuple[str, ...], weights: Mapping[str, str]) -> Reading:
        """A node with weights."""
        return cls(link, inputs, link, weights, type(link).__name__)

    @classmethod
    def of_function(cls, name: str, call: Callable[..., Any], *inputs: str) -> Reading:
        """A node without weights."""
        return cls(call, inputs, description=name)


def _always(node: Node, graph: Graph) -> bool:
    return True


@dataclasses.dataclass(frozen=True)
class Translation:
    """One operator on both sides.

    Attributes:
        function: the FunctionNode that `write` translates; None for what is only read.
        op_type: ONNX's operator.
        write: (function node, its inputs, graph writer) -> names of the outputs. Raises `UnsupportedError` for what
            ONNX, or the writer's opset, cannot say.
        read: (node, graph) -> what it becomes. Raises `UnsupportedError`.
        bound: (node, inputs, errors, u) -> for each output, what its absolute error is at most, element by element.
            `inputs` are float64 arrays (None where left out) that carry the absolute `errors` (None: exact), u is the
            unit roundoff of the computing type.
        matches: whether a node of `op_type` is this operator; the first that matches is taken.
        note: what of the operator is translated, where it is not all of it.
    """

    function: type[FunctionNode] | None
    op_type: str
    write: Write | None
    read: Callable[[Node, Graph], Reading]
    bound: Bound
    matches: Callable[[Node, Graph], bool] = _always
    note: str = ""
