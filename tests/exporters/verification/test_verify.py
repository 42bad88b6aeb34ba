"""Verification: what is right passes, what is wrong is named, and what is not there is listed."""

import json
import re
from collections.abc import Callable, Mapping

import needs
import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from small_models import SmallNet, one_node, trained_statistics

from dwbridge import exporters, using_config
from dwbridge.exporters.runtimes import RUNTIMES, NoKernelError
from dwbridge.kernels import kernels_for
from dwbridge.kernels.errors import CannotCompileError

SHAPE = (1, 3, 9, 8)


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    np.random.seed(5)
    return exporters.export(trained_statistics(SmallNet()), np.zeros(SHAPE, "f"))


class Faulty:
    """A runtime that changes the model, or an answer, before it gives it out."""

    name = "faulty"

    def __init__(self, change: Callable[[onnx.ModelProto], None] | None = None, spoil: Callable | None = None) -> None:
        self.change, self.spoil = change, spoil

    def missing(self) -> None:
        return None

    def prepare(self, model: onnx.ModelProto) -> Callable[[Mapping[str, np.ndarray]], list[np.ndarray]]:
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
        if self.change is not None:
            self.change(copy)
        run = RUNTIMES["onnxruntime-cpu"].prepare(copy)
        return run if self.spoil is None else lambda feeds: self.spoil(copy, run(feeds))  # type: ignore[misc]


def scaled(name: str, factor: float) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        for tensor in model.graph.initializer:
            if tensor.name == name:
                array = numpy_helper.to_array(tensor) * np.float32(factor)
                tensor.CopyFrom(numpy_helper.from_array(array.astype("f"), name))

    return change


def test_every_runtime_that_is_here_passes_and_the_others_are_listed(model: onnx.ModelProto) -> None:
    verification = exporters.verify(model)
    assert verification.passed
    assert verification.first_divergence is None
    assert [runtime.name for runtime in verification.runtimes] == list(RUNTIMES)
    assert verification.batches == (1, 2, 7)
    for runtime in verification.runtimes:
        if runtime.missing is not None:
            assert f"{runtime.name} is missing: {runtime.missing}" in str(verification)
            continue
        assert len(runtime.whole) == 3
        assert len(runtime.nodes) == 3 * len(verification.nodes)
        assert runtime.worst_whole.units <= 1
        assert 0 < runtime.worst_node.units <= 1


def test_exact_operators_have_no_error_at_all(model: onnx.ModelProto) -> None:
    for runtime in exporters.verify(model, runtimes=["native-numpy", "onnxruntime-cpu"]).runtimes:
        assert {node.units for node in runtime.nodes if node.op_type in ("Relu", "Clip")} == {0}


@pytest.mark.parametrize("weight", ["stem/W", "block/dw/W", "block/bn/gamma", "fc/W"])
def test_a_weight_that_is_off_by_a_thousandth_is_named(model: onnx.ModelProto, weight: str) -> None:
    verification = exporters.verify(model, runtimes=["native-numpy", Faulty(scaled(weight, 1.001))])
    assert not verification.passed
    first = verification.first_divergence
    assert (first.runtime, first.name.rpartition("/")[0]) == ("faulty", weight.rpartition("/")[0])
    assert f"first divergence at node {first.index} {first.name!r}" in str(verification)
    assert verification.runtimes[0].verdict == "passed"


@needs.numba
def test_a_compiled_kernel_that_is_off_by_a_thousandth_is_named(
    model: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch
) -> None:
    with using_config("kernels", "compiled"):
        kernels = kernels_for("depthwise", np.zeros(1))
    right = kernels.forward
    monkeypatch.setattr(kernels, "forward", lambda *args: right(*args) * np.float32(1.001))
    verification = exporters.verify(model, runtimes=["native-compiled", "native-numpy"])
    first = verification.first_divergence
    assert (first.runtime, first.name, first.op_type) == ("native-compiled", "block/dw/Conv", "Conv")
    assert [runtime.verdict for runtime in verification.runtimes] == ["failed", "passed"]


@needs.numba
def test_a_kernel_that_cannot_be_compiled_is_not_numpys(
    model: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise CannotCompileError("no such instruction")

    with using_config("kernels", "compiled"):
        monkeypatch.setattr(kernels_for("depthwise", np.zeros(1)), "forward", refuse)
    (result,) = exporters.verify(model, runtimes=["native-compiled"]).runtimes
    assert result.verdict == "failed"
    assert "no such instruction" in str(exporters.verify(model, runtimes=["native-compiled"]))


def to_tf32(model: onnx.ModelProto) -> None:
    """Weights cut to the ten bits of mantissa that TF32 multiplies with."""
    for tensor in model.graph.initializer:
        bits = np.array(numpy_helper.to_array(tensor)).view(np.uint32) & np.uint32(0xFFFFE000)
        tensor.CopyFrom(numpy_helper.from_array(bits.view(np.float32), tensor.name))


def test_tf32_is_more_than_float32_rounding_explains(model: onnx.ModelProto) -> None:
    verification = exporters.verify(model, runtimes=[Faulty(to_tf32)])
    assert verification.first_divergence.op_type == "Conv"
    assert verification.first_divergence.units > 10


def test_float32_rounded_once_is_well_below_the_bound() -> None:
    x, w = np.random.normal(size=(2, 4, 9, 9)).astype("f"), np.random.normal(size=(4, 1, 3, 3)).astype("f")
    conv = one_node("Conv", {"x": x}, {"w": w}, group=4)

    def rounded_once(model: onnx.ModelProto, outputs: list[np.ndarray]) -> list[np.ndarray]:
        from dwbridge.exporters.verification.oracle import float64_values

        return [float64_values(model, {"x": x})["y0"].astype("f")]

    verification = exporters.verify(conv, x, runtimes=[Faulty(spoil=rounded_once)], batches=())
    assert 0 < verification.runtimes[0].worst_node.units < 0.2


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda model, ys: [ys[0] * np.float32("nan")], "inf units"),
        (lambda model, ys: [ys[0][:1]] if len(ys[0]) > 1 else ys, "expected outputs float32"),
        (lambda model, ys: [ys[0].astype("f8")], "came float64"),
    ],
)
def test_nan_shapes_and_types_count_as_wrong(model: onnx.ModelProto, spoil: Callable, words: str) -> None:
    verification = exporters.verify(model, runtimes=[Faulty(spoil=spoil)])
    assert not verification.passed
    assert words in str(verification)


def test_no_kernel_is_said_and_does_not_end_the_comparison(model: onnx.ModelProto) -> None:
    class Without(Faulty):
        def prepare(self, model: onnx.ModelProto) -> Callable:
            if any(node.op_type == "Gemm" for node in model.graph.node):
                raise NoKernelError("no Gemm here")
            return super().prepare(model)

    verification = exporters.verify(model, runtimes=[Without()])
    (runtime,) = verification.runtimes
    assert runtime.verdict == "no kernel"
    assert not verification.passed
    assert "no Gemm here" in str(verification)
    assert any(node.units is not None for node in runtime.nodes)


def test_a_link_is_exported_first_and_given_inputs_are_used() -> None:
    x = np.random.normal(size=(3, *SHAPE[1:])).astype("f")
    verification = exporters.verify(trained_statistics(SmallNet()), x, runtimes=["onnxruntime-cpu"], batches=(4,))
    assert verification.passed
    assert verification.batches == (4, 3)
    assert [whole.inputs for whole in verification.runtimes[0].whole] == ["random", "given"]


def test_other_symbolic_dimensions_need_a_size() -> None:
    model = exporters.export(SmallNet(), np.zeros(SHAPE, "f"), input_shapes=("n", 3, "h", "w"))
    with pytest.raises(exporters.BridgeError, match=r"came none for 'h', 'w'; give input_shapes"):
        exporters.verify(model)
    assert exporters.verify(model, input_shapes=("n", 3, 12, 10), runtimes=["reference"]).passed


def test_what_is_asked_for_must_be_there(model: onnx.ModelProto) -> None:
    with pytest.raises(exporters.RuntimeMissingError, match="runtime 'native-cuda' is not there: "):
        exporters.verify(model, runtimes=["native-cuda"])
    with pytest.raises(exporters.BridgeError, match="unknown runtime 'gpu'"):
        exporters.verify(model, runtimes=["gpu"])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (np.zeros((1, 3, 9, 8)), "expected float32 of shape"),
        (np.zeros((1, 4, 9, 8), "f"), r"came float32 of shape \(1, 4, 9, 8\)"),
        ([np.zeros(SHAPE, "f")] * 2, "expected 1 arrays"),
        ({"y": np.zeros(SHAPE, "f")}, "came"),
    ],
)
def test_arrays_that_do_not_fit(model: onnx.ModelProto, args: object, message: str) -> None:
    with pytest.raises(exporters.BridgeError, match=message):
        exporters.verify(model, args)


def test_float16_networks_are_judged_by_their_own_roundoff() -> None:
    from dwbridge.configuration import using_config

    with using_config("dtype", np.dtype(np.float16)):
        net = SmallNet()
    verification = exporters.verify(net, np.zeros(SHAPE, np.float16), runtimes=["native-numpy", "onnxruntime-cpu"])
    assert verification.dtype == "float16"
    assert verification.passed, str(verification)


def test_the_same_seed_gives_the_same_report(model: onnx.ModelProto) -> None:
    runs = [exporters.verify(model, runtimes=["native-numpy"], seed=seed).to_json() for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_json_and_html(model: onnx.ModelProto, tmp_path: object) -> None:
    verification = exporters.verify(model, runtimes=["onnxruntime-cpu", Faulty(scaled("fc/W", float("nan")))])
    text = verification.to_json(tmp_path / "v.json")  # type: ignore[operator]
    found = json.loads(text)
    assert (found["passed"], found["runtimes"][1]["verdict"]) == (False, "failed")
    assert found["first_divergence"]["units"] == "inf"
    verification.save_html(tmp_path / "v.html")  # type: ignore[operator]
    page = (tmp_path / "v.html").read_text()  # type: ignore[operator]
    assert "fc/Gemm" in page
    assert "<svg" in page
    # Self-contained: nothing is fetched, nothing is run.
    assert not re.search(r"<script|<link|@import|src=[\"']?http|url\(http", page)
