"""The whole network's bound: what a node adds, and what becomes of the errors that reach it."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from dwbridge.exporters.graph_reader import Graph
from dwbridge.exporters.ops.rounding import gamma
from dwbridge.exporters.verification.oracle import float64_values
from dwbridge.exporters.verification.propagate import propagated_bounds
from dwbridge.exporters.verification.value_types import node_roundoff, value_types

X = np.random.default_rng(2).normal(size=(2, 3, 4, 4)).astype("f")
U32, U64 = 2.0**-24, 2.0**-53


def chain(*op_types: str, elem_type: int = TensorProto.FLOAT) -> onnx.ModelProto:
    """x -> v1 -> v2 ...; a Conv multiplies by -3 with one weight for each channel."""
    dtype = helper.tensor_dtype_to_np_dtype(elem_type)
    names = ["x", *(f"v{k + 1}" for k in range(len(op_types)))]
    operands = {"Conv": ["W"], "Mul": ["two"]}
    nodes = [
        helper.make_node(
            op, [names[k], *operands.get(op, [])], [names[k + 1]], **({"group": 3} if op == "Conv" else {})
        )
        for k, op in enumerate(op_types)
    ]
    weights = {"W": np.full((3, 1, 1, 1), -3), "two": np.asarray(2)}
    tensors = [numpy_helper.from_array(array.astype(dtype), name) for name, array in weights.items()]
    x, y = (helper.make_tensor_value_info(name, elem_type, ["n", 3, 4, 4]) for name in (names[0], names[-1]))
    graph = helper.make_graph(nodes, "chain", [x], [y], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def bounds_of(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return propagated_bounds(Graph.of(model), float64_values(model, {"x": X}), value_types(model))


def test_an_exact_operator_hands_on_what_it_gets_and_adds_nothing() -> None:
    bounds = bounds_of(chain("Conv", "Relu"))
    assert (bounds["v1"] > 0).all()
    np.testing.assert_array_equal(bounds["v2"], bounds["v1"])


def test_a_factor_multiplies_what_it_gets_and_adds_its_own() -> None:
    bounds = bounds_of(chain("Conv", "Conv"))
    x, u = np.abs(X.astype("d")), U32 + U64
    first = gamma(2, u) * 3 * x
    np.testing.assert_allclose(bounds["v1"], first, rtol=1e-12)
    np.testing.assert_allclose(bounds["v2"], gamma(2, u) * 3 * (3 * x + first) + 3 * first, rtol=1e-12)


@pytest.mark.parametrize(
    ("elem_type", "u"),
    [(TensorProto.FLOAT16, 2.0**-11 + U64), (TensorProto.FLOAT, U32 + U64), (TensorProto.DOUBLE, 2 * U64)],
)
def test_a_node_is_judged_by_its_type_and_by_what_the_oracle_rounds(elem_type: int, u: float) -> None:
    model = chain("Relu", elem_type=elem_type)
    (node,) = Graph.of(model).nodes
    assert node_roundoff(node, value_types(model)) == u


def test_the_coarsest_type_of_a_node_counts_and_integers_are_exact() -> None:
    model = chain("Cast", elem_type=TensorProto.FLOAT)
    (node,) = Graph.of(model).nodes
    half, single, whole = (np.dtype(name) for name in ("float16", "float32", "int64"))
    assert node_roundoff(node, {"x": single, "v1": half}) == 2.0**-11 + U64
    assert node_roundoff(node, {"x": whole, "v1": whole}) == 0
