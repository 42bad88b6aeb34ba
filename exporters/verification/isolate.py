"""One node alone: the smallest model that holds it, and the inputs on which it is judged.

Whatever reaches the node from before it (activations) becomes an input of the graph, with the model's type; weights and
other constants become initializers. Every runtime gets the float64 oracle's activations rounded to the model's type,
and the truth is the same node in float64 on the same rounded activations. So a node answers for its own rounding only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from onnx import ModelProto, ValueInfoProto, helper, numpy_helper

from dwbridge.configuration import using_config
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.ops import translation_of
from dwbridge.exporters.verification.oracle import float64_values, widened
from dwbridge.exporters.verification.value_types import node_roundoff, type_of

Values = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Trial:
    """One node on one set of inputs: what a runtime is fed, and what it is measured against.

    Attributes:
        feeds: `{activation: array of the model's type}`.
        truth: the node's outputs in float64, in order, omitted ones left out.
        bounds: for each output the bound on its absolute error, element by element.
        dtypes: for each output the model's type.
    """

    feeds: dict[str, np.ndarray]
    truth: list[np.ndarray]
    bounds: list[np.ndarray]
    dtypes: list[np.dtype]


class IsolatedNode:
    """A node as a model of its own.

    Args:
        node: the node.
        graph: the graph from which it comes.
        source: the model of that graph; opsets and ir_version are kept.
        types: the dtype of every value (`value_types`).
        values: for each set of inputs every value of the network, by the oracle. Dimensions on which they agree are
            written into the model; the others stay symbolic.

    Attributes:
        model: the one-node model.

    Raises:
        BridgeError: if the type of one of the node's values is not known.
    """

    def __init__(
        self, node: Node, graph: Graph, source: ModelProto, types: dict[str, np.dtype], values: Sequence[Values]
    ) -> None:
        self._types = types
        self._node = node
        self._constants = {name: graph.constants[name] for name in node.inputs if name in graph.constants}
        self._activations = list(dict.fromkeys(n for n in node.inputs if n and n not in self._constants))
        self._outputs = [name for name in node.outputs if name]
        self.model = self._build(source, values)

    def trial(self, values: Values, products: float | None = None) -> Trial:
        """The node's inputs and truth for one run of the oracle, given by every value of the network.

        `products` is the roundoff of matrix products by which the node is judged; see `node_roundoff`.
        """
        feeds = {name: self._rounded(values[name], name) for name in self._activations}
        truth = float64_values(self.model, feeds)
        dtypes = [type_of(name, self._node, self._types) for name in self._outputs]
        return Trial(feeds, [truth[name] for name in self._outputs], self._bounds(feeds, products), dtypes)

    def _bounds(self, feeds: Values, products: float | None) -> list[np.ndarray]:
        graph = Graph.of(self.model)
        (node,) = graph.nodes
        exact = {**self._constants, **feeds}
        inputs = [widened(exact[name]) if name else None for name in node.inputs]
        with using_config("kernels", "numpy"), np.errstate(all="ignore"):  # as the oracle: no kernel judges itself
            bounds = translation_of(node, graph).bound(
                node, inputs, [None] * len(inputs), node_roundoff(self._node, self._types, products)
            )
        return [bound for name, bound in zip(node.outputs, bounds, strict=True) if name]

    def _rounded(self, array: np.ndarray, name: str) -> np.ndarray:
        with np.errstate(over="ignore"):
            return array.astype(type_of(name, self._node, self._types))

    def _build(self, source: ModelProto, values: Sequence[Values]) -> ModelProto:
        graph = helper.make_graph(
            [self._node.proto],
            f"node {self._node.index} alone",
            [self._value_info(name, values) for name in self._activations],
            [self._value_info(name, values) for name in self._outputs],
            [numpy_helper.from_array(array, name) for name, array in self._constants.items()],
        )
        return helper.make_model(graph, opset_imports=source.opset_import, ir_version=source.ir_version)

    def _value_info(self, name: str, values: Sequence[Values]) -> ValueInfoProto:
        elem_type = helper.np_dtype_to_tensor_dtype(type_of(name, self._node, self._types))
        sizes_of_axes = zip(*(run[name].shape for run in values), strict=True)
        shape = [sizes[0] if len(set(sizes)) == 1 else f"{name}_{axis}" for axis, sizes in enumerate(sizes_of_axes)]
        return helper.make_tensor_value_info(name, elem_type, shape)
