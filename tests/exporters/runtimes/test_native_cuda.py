"""The verifier's native CUDA runtime, on a simulated GPU."""

import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from simulated_gpu import SimulatedGpu
from small_models import SmallNet, one_node, trained_statistics

from dwbridge import exporters, using_config
from dwbridge.backend import using_device
from dwbridge.exporters.runtimes import RUNTIMES, NoKernelError, RunError
from dwbridge.kernels import kernels_for
from dwbridge.kernels.errors import CannotCompileError

CUDA = RUNTIMES["native-cuda"]
TWO = ["native-cuda", "native-numpy"]


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    np.random.seed(5)
    return exporters.export(trained_statistics(SmallNet()), np.zeros((1, 3, 9, 8), "f"))


def test_it_is_here_and_passes(model: onnx.ModelProto, gpu: SimulatedGpu) -> None:
    assert CUDA.missing() is None
    gpu.launches.clear()
    verification = exporters.verify(model, runtimes=TWO, batches=(1, 2))
    assert verification.passed, str(verification)
    assert [result.verdict for result in verification.runtimes] == ["passed", "passed"]
    assert len(verification.runtimes[0].nodes) == 2 * len(verification.nodes)
    assert set(gpu.launches) & {"depthwise_rows", "depthwise_planes", "depthwise_any"}


def test_a_fault_in_a_kernel_is_found_and_named(
    model: onnx.ModelProto, gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = gpu.module.RawModule
    sound: list[str] = []

    def faulty(*, code: str, **options: object) -> object:
        """Sums that are off by a thousandth, in every depthwise convolution but the one that `missing` tries."""
        sound.append(code)
        wrong = "depthwise" in code and code != sound[0]
        return right(code=code.replace("narrow(", "narrow((WIDE)1.001f * ") if wrong else code, **options)

    monkeypatch.setattr(gpu.module, "RawModule", faulty)
    verification = exporters.verify(model, runtimes=TWO, batches=(1,))
    first = verification.first_divergence
    assert first is not None
    assert (first.runtime, first.name, first.op_type) == ("native-cuda", "block/dw/Conv", "Conv")
    assert [result.verdict for result in verification.runtimes] == ["failed", "passed"]


def test_wrong_numbers_at_the_start_make_it_missing(gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dwbridge.kernels.cuda.depthwise.run", lambda *args: None)  # y stays as it was allocated
    expected = "the CUDA kernels do not run through CuPy here: a kernel gives wrong numbers: [nan nan nan nan] ..."
    assert CUDA.missing() == expected


def test_a_kernel_that_does_not_compile_is_an_error(
    model: onnx.ModelProto, gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise CannotCompileError("rows.cuh for sm_90: no such instruction")

    with using_config("kernels", "compiled"), using_device(0):
        monkeypatch.setattr(kernels_for("depthwise", gpu.module.zeros(1)), "forward", refuse)
    (result,) = exporters.verify(model, runtimes=["native-cuda"], batches=(1,)).runtimes
    assert result.verdict == "failed"
    assert "no such instruction" in str(exporters.verify(model, runtimes=["native-cuda"], batches=(1,)))
    monkeypatch.setattr("dwbridge.kernels.cuda.trial.depthwise.forward", refuse)
    assert str(CUDA.missing()).endswith("a kernel does not compile: rows.cuh for sm_90: no such instruction")


def test_constants_move_with_the_network(gpu: SimulatedGpu) -> None:
    """A Constant node is no parameter; it has to be where the other operand is."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3]) for name in "xy")
    half = numpy_helper.from_array(np.full((2, 3), 0.5, np.float32))
    nodes = [helper.make_node("Constant", [], ["half"], value=half), helper.make_node("Mul", ["x", "half"], ["y"])]
    proto = helper.make_model(helper.make_graph(nodes, "g", [x], [y]), opset_imports=[helper.make_opsetid("", 17)])
    proto.ir_version = 8
    (product,) = CUDA.prepare(proto)({"x": np.ones((2, 3), "f")})
    assert type(product) is np.ndarray
    assert (product == 0.5).all()


def test_no_kernel_and_failure_are_told_apart(gpu: SimulatedGpu) -> None:
    x = np.ones((2, 4, 5, 5), "f")
    with pytest.raises(NoKernelError, match="operator Sinh is not supported"):
        CUDA.prepare(one_node("Sinh", {"x": x}))
    with pytest.raises(RunError):
        CUDA.prepare(one_node("Relu", {"x": x}))({"x": x[:, :3]})


def test_without_a_device_the_reason_is_given(gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise gpu.module.cuda.runtime.CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")

    monkeypatch.setattr(gpu.module.cuda.runtime, "getDeviceCount", fail)
    assert CUDA.missing() == "CUDA is not available: cudaErrorNoDevice: no CUDA-capable device is detected"


def test_without_cupy_the_reason_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert "install dwbridge with its extra 'cuda13'" in str(CUDA.missing())
