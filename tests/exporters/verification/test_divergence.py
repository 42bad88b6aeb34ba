"""Divergence that is smaller, or of another kind, than a wrong weight."""

from collections.abc import Callable, Mapping

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from small_models import SmallNet, trained_statistics

from dwbridge import exporters
from dwbridge import links as L
from dwbridge.configuration import using_config
from dwbridge.exporters.runtimes import RUNTIMES, NoKernelError, RunError

SHAPE = (1, 3, 9, 8)


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    np.random.seed(5)
    return exporters.export(trained_statistics(SmallNet()), np.zeros(SHAPE, "f"))


class Double:
    """onnxruntime's CPU provider behind something that changes inputs of depthwise convolutions, or gives up."""

    name = "double"

    def __init__(self, change: Callable[[onnx.ModelProto], Callable[[np.ndarray], np.ndarray]]) -> None:
        self.change = change

    def missing(self) -> None:
        return None

    def prepare(self, model: onnx.ModelProto) -> Callable[[Mapping[str, np.ndarray]], list[np.ndarray]]:
        changed = self.change(model)
        run = RUNTIMES["onnxruntime-cpu"].prepare(model)
        return lambda feeds: run({name: changed(array) for name, array in feeds.items()})


def is_depthwise_alone(model: onnx.ModelProto) -> bool:
    return len(model.graph.node) == 1 and model.graph.node[0].name == "block/dw/Conv"


def cut_to_tf32(array: np.ndarray) -> np.ndarray:
    return (array.view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)


def test_tf32_in_one_depthwise_convolution_is_named(model: onnx.ModelProto) -> None:
    tf32 = Double(lambda model: cut_to_tf32 if is_depthwise_alone(model) else lambda array: array)
    verification = exporters.verify(model, runtimes=["native-numpy", tf32])
    first = verification.first_divergence
    assert first is not None
    assert (first.name, first.runtime) == ("block/dw/Conv", "double")
    assert first.units > 10
    assert [error.name for error in verification.runtimes[1].nodes if error.exceeds] == ["block/dw/Conv"] * 3


def test_a_runtime_that_gives_up_on_a_node_is_wrong_there(model: onnx.ModelProto) -> None:
    def give_up(model: onnx.ModelProto) -> Callable[[np.ndarray], np.ndarray]:
        if is_depthwise_alone(model):
            raise RunError("out of memory")
        return lambda array: array

    verification = exporters.verify(model, runtimes=[Double(give_up)])
    assert "first divergence at node 2 'block/dw/Conv' (Conv) on double, batch 1: out of memory" in str(verification)


def test_a_network_that_is_wrong_though_no_node_is(model: onnx.ModelProto) -> None:
    """As when a runtime rewrites the graph wrongly: only the whole model, which has several nodes, is changed."""
    whole = Double(lambda model: np.negative if len(model.graph.node) > 1 else lambda array: array)
    verification = exporters.verify(model, runtimes=[whole])
    assert not verification.passed
    assert verification.first_divergence is None
    assert "FAILED: double as a whole network" in str(verification)


@pytest.mark.parametrize("seed", range(5))
def test_weights_of_any_seed_pass_in_float64_too(seed: int) -> None:
    np.random.seed(seed)
    with using_config("dtype", np.dtype(np.float64)):
        net = SmallNet()
    verification = exporters.verify(net, np.zeros(SHAPE), seed=seed)
    verdicts = {runtime.name: runtime.verdict for runtime in verification.runtimes}
    assert verification.passed, str(verification)
    assert verdicts["reference"] == "passed"
    assert verdicts["onnxruntime-cpu"] == "no kernel"


def test_one_weight_in_a_corner_is_enough(model: onnx.ModelProto) -> None:
    """One of 72 depthwise weights, off by 200 units in its last place."""

    def nudged(model: onnx.ModelProto) -> Callable[[np.ndarray], np.ndarray]:
        for tensor in model.graph.initializer:
            if tensor.name == "block/dw/W":
                W = numpy_helper.to_array(tensor).copy()
                W[5, 0, 2, 2] *= np.float32(1 + 200 * 2.0**-23)
                tensor.CopyFrom(numpy_helper.from_array(W, tensor.name))
        return lambda array: array

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    runtime = Double(lambda given: nudged(given))
    first = exporters.verify(copy, runtimes=["native-numpy", runtime]).first_divergence
    assert first is not None
    assert first.name == "block/dw/Conv"


def test_one_that_was_asked_for_and_cannot_run_everything_is_not_passed_over(model: onnx.ModelProto) -> None:
    def refuse(model: onnx.ModelProto) -> Callable[[np.ndarray], np.ndarray]:
        raise NoKernelError("nothing of this")

    verification = exporters.verify(model, runtimes=["native-numpy", Double(refuse)])
    assert [runtime.verdict for runtime in verification.runtimes] == ["passed", "no kernel"]
    assert not verification.passed
    assert "FAILED: not everything could be judged on double" in str(verification)


def test_nothing_verified_is_not_passed(model: onnx.ModelProto) -> None:
    verification = exporters.verify(model, runtimes=[])
    assert not verification.passed
    assert "FAILED: no runtime is here" in str(verification)
    with pytest.raises(exporters.BridgeError, match="expected a batch size or args, came neither"):
        exporters.verify(model, batches=())


def test_sums_too_long_for_their_type_are_not_passed_over() -> None:
    """float16 promises nothing for 2048 products: any finite number would be zero units of an infinite bound."""
    with using_config("dtype", np.dtype(np.float16)):
        net = L.Linear(2100, 2)
    verification = exporters.verify(net, np.zeros((1, 2100), np.float16), runtimes=["native-numpy"])
    (runtime,) = verification.runtimes
    assert runtime.verdict == "no bound"
    assert not verification.passed
    assert "native-numpy has no bound for node 0 'Gemm_0' (Gemm): the sums are so long for this type" in str(
        verification
    )
    assert "FAILED: not everything could be judged on native-numpy" in str(verification)
