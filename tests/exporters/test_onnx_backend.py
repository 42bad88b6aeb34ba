"""The onnx.backend face, and the vectors of onnx's own node tests for everything that loads."""

import collections
import warnings

import numpy as np
import onnx
import pytest
from small_models import SmallNet, one_node

from dwbridge import exporters
from dwbridge.autograd.type_check import InvalidType
from dwbridge.exporters import onnx_backend as backend

#: op_type -> how many of onnx's node tests run here, at least; a newer onnx may have more
EXPECTED = {
    "Add": 1,
    "AveragePool": 9,
    "Div": 2,
    "Dropout": 1,
    "GlobalAveragePool": 2,
    "MaxPool": 9,
    "Mul": 2,
    "Neg": 2,
    "Relu": 1,
    "Softmax": 7,
    "SoftmaxCrossEntropyLoss": 7,
    "Sub": 2,
}


def test_a_model_and_a_node() -> None:
    x = np.random.normal(size=(2, 3, 9, 8)).astype("f")
    model = exporters.export(SmallNet(), x)
    assert backend.is_compatible(model)
    (y,) = backend.prepare(model).run([x])
    (z,) = backend.run_model(model, x)
    assert y.shape == (2, 5)
    np.testing.assert_array_equal(y, z)
    node = onnx.helper.make_node("Conv", ["x", "w"], ["y"], group=3, pads=[1, 1, 1, 1])
    W = np.random.normal(size=(6, 1, 3, 3)).astype("f")
    (y,) = backend.run_node(node, [x, W])
    expected = exporters.runtimes.RUNTIMES["onnxruntime-cpu"].prepare(
        one_node("Conv", {"x": x}, {"w": W}, group=3, pads=[1, 1, 1, 1])
    )({"x": x})
    np.testing.assert_allclose(y, expected[0], rtol=1e-5, atol=1e-5)


def test_devices_and_models_that_are_refused() -> None:
    assert backend.supports_device("CPU")
    assert not backend.supports_device("CUDA:0")
    assert not backend.is_compatible(one_node("Sinh", {"x": np.zeros(2, "f")}))
    with pytest.raises(exporters.BridgeError, match="computes on 'CPU', got device 'CUDA'"):
        backend.prepare(one_node("Relu", {"x": np.zeros(2, "f")}), "CUDA")


def test_onnx_node_tests_that_load_give_onnx_results() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the generators of the test data warn
        from onnx.backend.test.loader import load_model_tests

        tests = load_model_tests(kind="node")
    ran: collections.Counter[str] = collections.Counter()
    for test in tests:
        try:
            prepared = backend.prepare(test.model)
        except exporters.BridgeError:
            continue  # said in one clear error; anything else is a fault of the loader
        for inputs, outputs in test.data_sets:
            try:
                results = prepared.run(inputs)
            except InvalidType:
                continue  # integers
            for result, output in zip(results, outputs, strict=True):
                assert (result.dtype, result.shape) == (output.dtype, output.shape), test.name
                np.testing.assert_allclose(result, output, rtol=1e-3, atol=1e-7, err_msg=test.name)
            ran[test.model.graph.node[0].op_type] += 1
    assert {op: ran[op] >= count for op, count in EXPECTED.items()} == dict.fromkeys(EXPECTED, True), ran
