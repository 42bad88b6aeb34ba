"""Inspection: what every node of a model becomes, or why it cannot, before anything is loaded."""

from __future__ import annotations

import dataclasses
from typing import Any

from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph
from dwbridge.exporters.load import read_nodes
from dwbridge.exporters.model_file import Source, read_model


@dataclasses.dataclass(frozen=True)
class NodeReport:
    """One node. `detail` is what it becomes, or why it is not supported."""

    index: int
    name: str
    op_type: str
    supported: bool
    detail: str


@dataclasses.dataclass(frozen=True)
class Inspection:
    """A model, node by node.

    Attributes:
        supported: whether the model can be loaded.
        opset, ir_version: of the model.
        inputs, outputs: (name, dtype, shape) as text.
        parameters: number of elements of all initializers.
        nodes: one report each, in order.
        problems: what stands against the model as a whole.
    """

    opset: int
    ir_version: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: int
    nodes: tuple[NodeReport, ...]
    problems: tuple[str, ...]

    @property
    def supported(self) -> bool:
        return not self.problems and all(node.supported for node in self.nodes)

    def __str__(self) -> str:
        lines = [
            f"opset {self.opset}, IR version {self.ir_version}, {len(self.nodes)} nodes, {self.parameters:,} weights",
            f"inputs   {', '.join(self.inputs)}",
            f"outputs  {', '.join(self.outputs)}",
            *(f"problem  {problem}" for problem in self.problems),
        ]
        op_width, name_width = (max(map(len, column), default=0) for column in self._columns())
        for node in self.nodes:
            mark = " " if node.supported else "!"
            lines.append(
                f"{mark} {node.index:>4}  {node.op_type:<{op_width}}  {node.name:<{name_width}}  {node.detail}"
            )
        return "\n".join(lines)

    def _columns(self) -> tuple[list[str], list[str]]:
        return [node.op_type for node in self.nodes], [node.name for node in self.nodes]

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return {"supported": self.supported, **dataclasses.asdict(self)}


def inspect(source: Source) -> Inspection:
    """Reports on every node of a model; raises only for a broken file.

    Raises:
        ModelFileError: if it is no valid ONNX model.

    Example:
        >>> import numpy as np
        >>> import dwbridge.links as L
        >>> from dwbridge import exporters
        >>> model = exporters.export(L.DepthwiseConvolution2D(3, 2, 3, pad=1), np.zeros((1, 3, 8, 8), 'f'))
        >>> print(exporters.inspect(model))
        opset 17, IR version 8, 1 nodes, 60 weights
        inputs   input float32 (batch, 3, 8, 8)
        outputs  output float32 (batch, 6, 8, 8)
             0  Conv  Conv_0  DepthwiseConvolution2D
    """
    proto = read_model(source)
    try:
        graph = Graph.of(proto)
    except UnsupportedError as error:
        return Inspection(0, proto.ir_version, (), (), 0, (), tuple(error.problems))
    readings, found = read_nodes(graph)
    reasons: dict[int, list[str]] = {}
    for node, reason in found:
        reasons.setdefault(-1 if node is None else node.index, []).append(reason)
    details = iter(readings)
    nodes = []
    for node in graph.nodes:
        why = reasons.get(node.index)
        supported = why is None and -1 not in reasons
        detail = next(details).description if supported else "; ".join(why or reasons[-1])
        nodes.append(NodeReport(node.index, node.name, node.op_type, supported, detail.removeprefix(f"{node.label}: ")))
    return Inspection(
        graph.opset,
        graph.ir_version,
        tuple(_described(info.name, info.dtype, info.shape) for info in graph.inputs),
        tuple(_described(info.name, info.dtype, info.shape) for info in graph.outputs),
        sum(array.size for array in graph.parameters.values()),
        tuple(nodes),
        tuple(reasons.get(-1, ())),
    )


def _described(name: str, dtype: Any, shape: tuple[int | str, ...]) -> str:
    return f"{name} {dtype} ({', '.join(str(size) or '?' for size in shape)})"
