"""The float64 oracle: the same network with every floating type replaced by float64, computed by dwbridge's links.

Initializers, tensors in attributes, types of inputs and outputs, and the targets of Cast become DOUBLE; the weights
keep their values, which float64 holds exactly. Float attributes (an epsilon, an alpha) stay: they are what the file
says, and every runtime reads the same number. A Cast to a smaller floating type rounds nothing here, so its rounding
counts as an error of the network, which its bound covers. Types of values in between are dropped and inferred anew.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from dwbridge.backend import is_floating
from dwbridge.configuration import using_config
from dwbridge.exporters.load import load

FLOATING = {TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.FLOAT}
DOUBLE = TensorProto.DOUBLE


def float64_model(model: ModelProto) -> ModelProto:
    """A copy of a model that computes in float64.

    Args:
        model: any model; it is not changed. Its tensors are inside it (external data was read).

    Returns:
        The same nodes, names and shapes over float64. Integer types are left alone.
    """
    double = ModelProto()
    double.CopyFrom(model)
    _widen_graph(double.graph)
    for function in double.functions:
        _widen_nodes(function.node)
    return double


def float64_values(model: ModelProto, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every value of a network, in float64.

    Args:
        model: the network, of any floating type.
        feeds: `{graph input: array}`; floating arrays are widened.

    Returns:
        `{value name: array}`; floating values are float64, others keep their type.

    Raises:
        UnsupportedError: for nodes that `exporters.load` does not take.
    """
    network = load(float64_model(model))
    wide = {name: widened(array) for name, array in feeds.items()}
    with using_config("kernels", "numpy"), np.errstate(all="ignore"):
        return network.compute(wide)


def widened(array: np.ndarray) -> np.ndarray:
    """A floating array in float64; any other as it is.

    >>> widened(np.float32([1.5])).dtype.name, widened(np.array([1, 2])).dtype.kind
    ('float64', 'i')
    """
    return array.astype(np.float64) if is_floating(array.dtype) else array


def _widen_graph(graph: GraphProto) -> None:
    del graph.value_info[:]
    _widen_types([*graph.input, *graph.output])
    for tensor in graph.initializer:
        _widen_tensor(tensor)
    for sparse in graph.sparse_initializer:
        _widen_tensor(sparse.values)
    _widen_nodes(graph.node)


def _widen_types(values: Iterable[ValueInfoProto]) -> None:
    for value in values:
        if value.type.tensor_type.elem_type in FLOATING:
            value.type.tensor_type.elem_type = DOUBLE


def _widen_tensor(tensor: TensorProto) -> None:
    if tensor.data_type in FLOATING:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name))


def _widen_nodes(nodes: Iterable[NodeProto]) -> None:
    for node in nodes:
        if node.op_type == "Constant":
            _constant_as_tensor(node)
        if node.op_type == "ConstantOfShape" and not node.attribute:
            node.attribute.append(helper.make_attribute("value", helper.make_tensor("value", DOUBLE, [1], [0.0])))
        for attribute in node.attribute:
            _widen_attribute(attribute)


def _constant_as_tensor(node: NodeProto) -> None:
    """Rewrites `value_float` and `value_floats`, which can only be float32, as `value`."""
    for attribute in list(node.attribute):
        if attribute.name in ("value_float", "value_floats"):
            value = np.asarray(helper.get_attribute_value(attribute), np.float64)
            node.attribute.remove(attribute)
            node.attribute.append(helper.make_attribute("value", numpy_helper.from_array(value)))


def _widen_attribute(attribute: AttributeProto) -> None:
    if attribute.type == AttributeProto.TENSOR:
        _widen_tensor(attribute.t)
    elif attribute.type == AttributeProto.GRAPH:
        _widen_graph(attribute.g)
    elif attribute.name in ("to", "dtype") and attribute.i in FLOATING:
        # Cast and its like name their target type in an integer.
        attribute.i = DOUBLE
