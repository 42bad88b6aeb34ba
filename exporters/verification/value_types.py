"""The type of every value of a model, from ONNX's own type inference."""

import numpy as np
import onnx
from onnx import ModelProto, helper

from dwbridge.exporters.errors import BridgeError
from dwbridge.exporters.graph_reader import Node
from dwbridge.exporters.verification.units import unit_roundoff


def value_types(model: ModelProto) -> dict[str, np.dtype]:
    """The dtype of every value that type inference knows, initializers included.

    Returns:
        `{value name: dtype}`; bfloat16 is `ml_dtypes.bfloat16`.
    """
    graph = onnx.shape_inference.infer_shapes(model).graph
    values = [*graph.input, *graph.value_info, *graph.output]
    elem_types = {value.name: value.type.tensor_type.elem_type for value in values}
    elem_types |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    return {name: helper.tensor_dtype_to_np_dtype(elem_type) for name, elem_type in elem_types.items() if elem_type}


def type_of(name: str, node: Node, types: dict[str, np.dtype]) -> np.dtype:
    """The dtype of one of a node's values.

    Raises:
        BridgeError: if type inference did not find it.
    """
    if name not in types:
        raise BridgeError(
            f"node {node.index} {node.name!r} ({node.op_type}): expected a type for value {name!r}, "
            "ONNX type inference found none"
        )
    return types[name]


#: operators that multiply matrices: what TF32 is for
PRODUCTS = ("Conv", "Gemm", "MatMul")


def node_roundoff(node: Node, types: dict[str, np.dtype], products: float | None = None) -> float:
    """The unit roundoff in which a node is judged: the coarsest of its inputs' and outputs' types, and the oracle's.

    The oracle rounds too. In a float64 network that is as much as the runtime does, so that the two may differ by twice
    the bound: gamma_n(u) + gamma_n(v) <= gamma_n(u + v). Under other types its part is lost in the digits shown.
    `products` is the roundoff of matrix products, where a runtime has a coarser one for them.
    """
    names = filter(None, [*node.inputs, *node.outputs])
    coarsest = max(unit_roundoff(type_of(name, node, types)) for name in names)
    if products is not None and coarsest and node.op_type in PRODUCTS:
        coarsest = max(coarsest, products)
    return coarsest + unit_roundoff(np.dtype(np.float64)) if coarsest else 0.0
