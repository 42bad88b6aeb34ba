"""Runtimes: each computes with itself or says why not; nothing falls back unseen."""

import importlib.util
import sys
import types

import numpy as np
import pytest
from needs import HAS_NUMBA
from small_models import one_node

from dwbridge import config, exporters
from dwbridge.exporters.network import Network
from dwbridge.exporters.runtimes import RUNTIMES, NoKernelError, RunError, native, selected, tf32
from dwbridge.exporters.runtimes import onnxruntime as ort

X = np.random.default_rng(3).normal(size=(2, 4, 5, 5)).astype("f")
W = np.random.default_rng(4).normal(size=(8, 1, 3, 3)).astype("f")
CPU_ONLY = [RUNTIMES[name] for name in ("native-numpy", "onnxruntime-cpu", "reference")]
CPU_ONLY += [RUNTIMES["native-compiled"]] if HAS_NUMBA else []


def depthwise(dtype: str = "f") -> object:
    return one_node("Conv", {"x": X.astype(dtype)}, {"w": W.astype(dtype)}, group=4)


@pytest.mark.parametrize("runtime", CPU_ONLY, ids=lambda runtime: runtime.name)
def test_those_that_need_no_gpu_are_here_and_agree(runtime: object) -> None:
    assert runtime.missing() is None  # type: ignore[attr-defined]
    (y,) = runtime.prepare(depthwise())({"x": X})  # type: ignore[attr-defined]
    (expected,) = CPU_ONLY[0].prepare(depthwise())({"x": X})
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    assert y.dtype == np.float32


def test_what_is_missing_says_what_mends_it() -> None:
    for name in ("native-cuda", "onnxruntime-cuda"):
        reason = RUNTIMES[name].missing()
        if reason is not None:
            assert "\n" not in reason
            assert "cuda" in reason.lower()
    with pytest.raises(exporters.RuntimeMissingError, match="runtime 'native-cuda' is not there: "):
        exporters.verify(depthwise(), runtimes=["native-cuda"])
    with pytest.raises(exporters.RuntimeMissingError, match="runtime 'native-cuda' is not there: "):
        RUNTIMES["native-cuda"].prepare(depthwise())  # type: ignore[arg-type]


def test_without_numba_the_compiled_kernels_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    assert RUNTIMES["native-compiled"].missing() == "Numba is not installed: pip install numba"
    with pytest.raises(
        exporters.RuntimeMissingError, match="runtime 'native-compiled' is not there: Numba is not inst"
    ):
        exporters.verify(depthwise(), runtimes=["native-compiled"])


def test_a_numba_that_does_not_work_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(operator: str, array: object) -> None:
        raise ImportError("Numba needs NumPy 2.9 or less")

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(native, "kernels_for", refuse)
    assert RUNTIMES["native-compiled"].missing() == "no kernel can be compiled here: Numba needs NumPy 2.9 or less"


def test_the_native_runtimes_choose_their_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = []
    monkeypatch.setattr(Network, "compute", lambda self, feeds: chosen.append(config.kernels) or {"y0": X})
    for name in ("native-numpy", "native-compiled"):
        RUNTIMES[name].prepare(depthwise())({"x": X})  # type: ignore[arg-type]
    assert chosen == ["numpy", "compiled"]


def test_selection_by_name() -> None:
    assert [runtime.name for runtime in selected()] == list(RUNTIMES)
    assert [runtime.name for runtime in selected("reference")] == ["reference"]
    with pytest.raises(
        exporters.BridgeError, match="unknown runtime 'tpu': expected one of native-numpy, native-compiled"
    ):
        selected(["tpu"])


def test_no_kernel_and_failure_are_told_apart() -> None:
    with pytest.raises(NoKernelError, match="Could not find an implementation for Conv"):
        RUNTIMES["onnxruntime-cpu"].prepare(depthwise("f8"))  # type: ignore[arg-type]
    with pytest.raises(NoKernelError, match="operator Sinh is not supported"):
        RUNTIMES["native-numpy"].prepare(one_node("Sinh", {"x": X}))
    for runtime in CPU_ONLY:
        with pytest.raises(RunError):
            runtime.prepare(depthwise())({"x": X[:, :3]})


def _part(name: str, op_type: str, provider: str) -> object:
    node = types.SimpleNamespace(name=name, op_type=op_type)
    return types.SimpleNamespace(ep_name=provider, get_nodes=lambda: [node])


class FakeSession:
    """A session of onnxruntime that reports other providers than were asked for."""

    def __init__(
        self, providers: list[str], strays: list[tuple[str, str, str]], options: dict[str, str] | None = None
    ) -> None:
        self._providers, self._strays, self.options = providers, strays, options or {}

    def get_providers(self) -> list[str]:
        return self._providers

    def get_provider_options(self) -> dict[str, dict[str, str]]:
        return {ort.CUDA: {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC", "device_id": "0"} | self.options}

    def get_provider_graph_assignment_info(self) -> list[object]:
        return [_part(name, op_type, provider) for name, op_type, provider in self._strays]

    def run(self, names: object, feeds: dict) -> list[np.ndarray]:
        return [feeds["x"]]


def with_fake_onnxruntime(monkeypatch: pytest.MonkeyPatch, session: FakeSession) -> None:
    monkeypatch.setattr(tf32, "_settled", None)
    monkeypatch.setattr(tf32, "_driver_is_loaded", lambda: False)
    module = types.ModuleType("onnxruntime")
    module.__version__ = "9.9"  # type: ignore[attr-defined]
    module.InferenceSession = lambda *args, **kwargs: session  # type: ignore[attr-defined]
    module.SessionOptions = lambda: types.SimpleNamespace(add_session_config_entry=lambda *entry: None)  # type: ignore
    module.get_available_providers = lambda: [ort.CUDA, ort.CPU]  # type: ignore[attr-defined]
    module.set_default_logger_severity = lambda level: None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "onnxruntime", module)
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "1")


def test_a_session_that_fell_back_to_the_cpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with_fake_onnxruntime(monkeypatch, FakeSession([ort.CPU], []))
    with pytest.raises(RunError, match="fell back: expected CUDAExecutionProvider, came CPUExecutionProvider"):
        RUNTIMES["onnxruntime-cuda"].prepare(depthwise())  # type: ignore[arg-type]
    assert "the CUDA provider does not run here: onnxruntime fell back" in str(RUNTIMES["onnxruntime-cuda"].missing())


def test_a_node_that_went_to_the_cpu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with_fake_onnxruntime(monkeypatch, FakeSession([ort.CUDA, ort.CPU], [("dw/Conv", "Conv", ort.CPU)]))
    with pytest.raises(RunError, match=r"came 'dw/Conv' \(Conv\) on CPUExecutionProvider"):
        RUNTIMES["onnxruntime-cuda"].prepare(depthwise())  # type: ignore[arg-type]


def test_a_provider_that_computes_nonsense_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with_fake_onnxruntime(monkeypatch, FakeSession([ort.CUDA], []))
    assert "computes a wrong convolution" in str(RUNTIMES["onnxruntime-cuda"].missing())


def test_a_listed_cuda_provider_without_a_gpu_is_missing() -> None:
    import onnxruntime

    if ort.CUDA in onnxruntime.get_available_providers():
        return  # whether it runs is for `missing` to find out
    assert "has no CUDA provider" in str(RUNTIMES["onnxruntime-cuda"].missing())


def test_without_onnxruntime_the_reason_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    for name, extra in (("onnxruntime-cpu", "cpu"), ("onnxruntime-cuda", "cuda13")):
        reason = str(RUNTIMES[name].missing())
        assert f"extra {extra}" in reason
