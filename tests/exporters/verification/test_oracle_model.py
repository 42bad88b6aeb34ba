"""The float64 oracle: every floating type is widened and nothing else; an evaluator that is not ours agrees with it."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from small_models import SmallNet, one_node, trained_statistics

from dwbridge import exporters
from dwbridge.exporters.verification.oracle import float64_model, float64_values
from dwbridge.exporters.verification.value_types import value_types

X = np.random.default_rng(11).normal(size=(2, 3, 9, 8)).astype("f")


def types_after(model: onnx.ModelProto) -> dict[str, str]:
    return {name: dtype.name for name, dtype in value_types(float64_model(model)).items()}


def test_the_oracle_agrees_with_the_reference_in_float64() -> None:
    model = exporters.export(trained_statistics(SmallNet()), X)
    (expected,) = ReferenceEvaluator(float64_model(model)).run(None, {"input": X.astype("d")})
    ours = float64_values(model, {"input": X})
    np.testing.assert_allclose(ours["output"], expected, rtol=0, atol=1e-13 * np.abs(expected).max())


def test_the_model_itself_is_not_changed_and_the_wide_one_is_valid() -> None:
    model = exporters.export(SmallNet(), X)
    before = model.SerializeToString(deterministic=True)
    onnx.checker.check_model(float64_model(model), full_check=True)
    assert model.SerializeToString(deterministic=True) == before


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_weights_are_widened_without_a_change(dtype: str) -> None:
    W = X[:, :1].astype(dtype)
    model = one_node("Conv", {"x": X.astype(dtype)[:, :1]}, {"w": W})
    (wide,) = float64_model(model).graph.initializer
    np.testing.assert_array_equal(numpy_helper.to_array(wide), W)
    assert set(types_after(model).values()) == {"float64"}


def test_constants_in_nodes_are_widened_in_every_form() -> None:
    nodes = [
        helper.make_node("Constant", [], ["a"], value=numpy_helper.from_array(np.float32([1, 2]))),
        helper.make_node("Constant", [], ["b"], value_float=1.5),
        helper.make_node("Constant", [], ["c"], value_floats=[0.25, 0.5]),
        helper.make_node("Constant", [], ["shape"], value_ints=[2]),
        helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
        helper.make_node("Cast", ["x"], ["half"], to=TensorProto.FLOAT16),
        helper.make_node("Cast", ["x"], ["whole"], to=TensorProto.INT32),
        helper.make_node("Sum", ["a", "b", "c", "zeros"], ["y"]),
    ]
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy")
    model = helper.make_model(
        helper.make_graph(nodes, "constants", [x], [y]), opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    types = types_after(model)
    assert {types.pop("shape"), types.pop("whole")} == {"int64", "int32"}
    assert set(types.values()) == {"float64"}
    (found,) = ReferenceEvaluator(float64_model(model)).run(None, {"x": np.zeros(2)})
    np.testing.assert_array_equal(found, [2.75, 4.0])
