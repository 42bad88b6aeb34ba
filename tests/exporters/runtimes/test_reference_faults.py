"""What onnx.reference is known to get wrong is refused, and is still wrong."""

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from small_models import SmallNet, one_node, trained_statistics

from dwbridge import exporters
from dwbridge.exporters.runtimes import RUNTIMES, NoKernelError
from dwbridge.exporters.runtimes.reference import FAULTS

X = np.random.default_rng(7).normal(size=(2, 3, 4, 2)).astype("f")
STATISTICS = {name: np.full(3, value, "f") for name, value in [("s", 1), ("b", 0), ("m", 2), ("v", 4)]}


def faulty_model(op_type: str, opset: int) -> onnx.ModelProto:
    if op_type == "BatchNormalization":
        return one_node(op_type, {"x": X}, STATISTICS, opset=opset)
    return one_node(op_type, {"x": X}, axis=1, opset=opset)


@pytest.mark.parametrize(("op_type", "right_since"), [fault[:2] for fault in FAULTS])
def test_a_listed_fault_is_one_and_is_refused(op_type: str, right_since: int) -> None:
    model = faulty_model(op_type, right_since - 1)
    (wrong,) = ReferenceEvaluator(model).run(None, {"x": X})
    (right,) = RUNTIMES["onnxruntime-cpu"].prepare(model)({"x": X})
    assert np.abs(wrong - right).max() > 0.01
    with pytest.raises(NoKernelError, match=f"wrong for {op_type} below opset {right_since}"):
        RUNTIMES["reference"].prepare(model)


@pytest.mark.parametrize(("op_type", "right_since"), [fault[:2] for fault in FAULTS])
def test_above_the_fault_it_is_right(op_type: str, right_since: int) -> None:
    model = faulty_model(op_type, right_since)
    (y,) = RUNTIMES["reference"].prepare(model)({"x": X})
    (expected,) = RUNTIMES["onnxruntime-cpu"].prepare(model)({"x": X})
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def test_a_network_of_opset_13_is_verified_without_the_reference() -> None:
    model = exporters.export(trained_statistics(SmallNet()), np.zeros((1, 3, 9, 8), "f"), opset_version=13)
    verification = exporters.verify(model, batches=(2,))
    verdicts = {runtime.name: runtime.verdict for runtime in verification.runtimes}
    assert verification.passed
    assert (verdicts["onnxruntime-cpu"], verdicts["reference"]) == ("passed", "no kernel")
    assert "reference has no kernel for node 3 'block/bn/BatchNormalization'" in str(verification)
