"""Reading a graph: a ModelProto as inputs, constants and nodes, without any protobuf in the way."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from dwbridge.exporters.errors import UnsupportedError


@dataclasses.dataclass(frozen=True)
class ValueInfo:
    """Name, dtype and shape of an input or output; dimensions that vary are strings, unnamed ones `''`."""

    name: str
    dtype: np.dtype
    shape: tuple[int | str, ...]

    @classmethod
    def of(cls, proto: onnx.ValueInfoProto) -> ValueInfo:
        """From its protobuf.

        Raises:
            UnsupportedError: if it is no tensor (a sequence, a map, an optional).
        """
        if not proto.type.HasField("tensor_type"):
            raise UnsupportedError(f"value {proto.name!r}: expected a tensor, got {proto.type.WhichOneof('value')}")
        tensor = proto.type.tensor_type
        shape = tuple(dim.dim_value if dim.HasField("dim_value") else dim.dim_param for dim in tensor.shape.dim)
        return cls(proto.name, np.dtype(helper.tensor_dtype_to_np_dtype(tensor.elem_type)), shape)


@dataclasses.dataclass(frozen=True)
class Node:
    """One application of an operator.

    Attributes:
        index: its place among the graph's nodes that are no constants.
        name: its name, possibly empty.
        op_type, domain: its operator.
        inputs, outputs: names of values; `''` for an input that is left out.
        proto: the protobuf.
    """

    index: int
    name: str
    op_type: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    proto: onnx.NodeProto

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute's value (bytes as str), or the default if the node has none of that name."""
        for attribute in self.proto.attribute:
            if attribute.name == name:
                value = helper.get_attribute_value(attribute)
                return value.decode() if isinstance(value, bytes) else value
        return default

    def input(self, position: int) -> str:
        """The name of an input, `''` if it is left out."""
        return self.inputs[position] if position < len(self.inputs) else ""

    @property
    def label(self) -> str:
        """How messages name this node."""
        return f"node {self.index} ({self.op_type}{f' {self.name!r}' if self.name else ''})"


@dataclasses.dataclass(frozen=True)
class Graph:
    """A graph to read from.

    Attributes:
        name: the graph's name.
        opset: version of the default operator set.
        ir_version: of the model.
        inputs: without those that have an initializer.
        outputs: in order.
        parameters: initializers, by name.
        constants: initializers and the values of Constant nodes, by name.
        nodes: in order, without Constant nodes.
    """

    name: str
    opset: int
    ir_version: int
    inputs: tuple[ValueInfo, ...]
    outputs: tuple[ValueInfo, ...]
    parameters: dict[str, np.ndarray]
    constants: dict[str, np.ndarray]
    nodes: tuple[Node, ...]

    @classmethod
    def of(cls, model: onnx.ModelProto) -> Graph:
        """Reads a checked model.

        Raises:
            UnsupportedError: if the model has functions of its own or no default operator set.
        """
        proto = model.graph
        opsets = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
        if not opsets:
            raise UnsupportedError("the model imports no version of ONNX's default operator set")
        if model.functions:
            names = ", ".join(function.name for function in model.functions)
            raise UnsupportedError(f"the model defines functions of its own, which are not supported: {names}")
        parameters = {tensor.name: numpy_helper.to_array(tensor) for tensor in proto.initializer}
        constants = dict(parameters)
        nodes: list[Node] = []
        for node in proto.node:
            value = _constant_value(node)
            if value is not None:
                constants[node.output[0]] = value
            else:
                ends = tuple(node.input), tuple(node.output)
                nodes.append(Node(len(nodes), node.name, node.op_type, node.domain, *ends, node))
        inputs = tuple(ValueInfo.of(info) for info in proto.input if info.name not in parameters)
        outputs = tuple(ValueInfo.of(info) for info in proto.output)
        return cls(proto.name, opsets[0], model.ir_version, inputs, outputs, parameters, constants, tuple(nodes))

    def constant(self, node: Node, position: int, role: str) -> np.ndarray:
        """The array of an input that must not vary.

        Raises:
            UnsupportedError: if it is computed, or left out.
        """
        name = node.input(position)
        if not name:
            raise UnsupportedError(f"the {role} is missing")
        if name not in self.constants:
            raise UnsupportedError(f"the {role} ({name!r}) is computed: expected an initializer or a Constant node")
        return self.constants[name]


def _constant_value(node: onnx.NodeProto) -> np.ndarray | None:
    """The value of a Constant node; None for other nodes, and for constants that are no dense tensors."""
    if node.op_type != "Constant" or node.domain not in ("", "ai.onnx"):
        return None
    (attribute,) = node.attribute
    value = helper.get_attribute_value(attribute)
    if attribute.name == "value":
        return numpy_helper.to_array(value)
    if attribute.name in ("value_float", "value_floats"):
        return np.array(value, dtype=np.float32)
    if attribute.name in ("value_int", "value_ints"):
        return np.array(value, dtype=np.int64)
    return None
