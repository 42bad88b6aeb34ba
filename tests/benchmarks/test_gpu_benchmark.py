"""The benchmark for GPUs on a simulated one: that it runs, what it counts and what it says; no time means anything."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from simulated_gpu import SimulatedGpu

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
WORDS = ("--shapes", "3,8,1,3,1", "2,6,1,5,2", "--batch", "1", "--rounds", "1", "--buffer", "4096")


@pytest.fixture
def depthwise_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The script; as `benchmark` it would be in the place of pytest-benchmark's fixture, which ends the run."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    before = set(sys.modules)
    module = importlib.import_module("depthwise_gpu")
    for name in ("CALLS", "HOST_CALLS", "STEPS", "WARM"):  # simulated threads are slow
        monkeypatch.setattr(module, name, 1)
    layers = importlib.import_module("networks.layers")
    small = (layers.convolution(3, 4, 3, 2), layers.depthwise(4), layers.global_mean, layers.linear(4, 1000))
    monkeypatch.setitem(module.training.NETWORKS, "mobilenet_v2", lambda: small)
    yield module
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(BENCHMARKS)):
            del sys.modules[name]


def test_it_runs_and_writes_its_files(depthwise_gpu: ModuleType, gpu: SimulatedGpu, tmp_path: Path) -> None:
    depthwise_gpu.main([*WORDS, "--step", "1", "32", "--out", str(tmp_path)])
    (file,) = tmp_path.glob("depthwise_gpu_simulated-gpu_*.json")
    result, page = json.loads(file.read_text()), file.with_suffix(".md").read_text()
    assert len(result["rows"]) == 2 * 2 * 3
    assert all(row["seconds"]["dwbridge"] > 0 and row["wrong"] == [] for row in result["rows"])
    assert {"depthwise_weight_sum", "gemm"} <= set(gpu.launches)
    assert result["absent"] == ["torch"]
    assert result["host"].keys() == {"forward", "backward_data", "backward_weight"}
    assert result["step"]["dwbridge"] > 0
    assert "Simulated GPU, compute capability 90" in page
    assert "| 3,8,1,3,1 | 1 |" in page
    assert str(BENCHMARKS.parent) not in file.read_text() + page


@pytest.mark.usefixtures("gpu")
def test_an_output_that_differs_is_said(depthwise_gpu: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    right = depthwise_gpu.own.calls

    def with_another(sets: Any, shape: Any, *_: Any) -> Any:
        return {name: lambda i, call=call: call(i) * 1.1 for name, call in right(sets, shape).items()}

    monkeypatch.setattr(depthwise_gpu.peer, "installed", lambda: sys)  # anything but None
    monkeypatch.setattr(depthwise_gpu.peer, "calls", lambda torch, sets, shape, way: with_another(sets, shape))
    monkeypatch.setattr(depthwise_gpu, "versions", lambda cupy, torch: {})
    result = depthwise_gpu.main([*WORDS, "--dtypes", "float32", "--quick"])
    assert all(row["wrong"] == [f"torch {way}" for way in depthwise_gpu.peer.WAYS] for row in result["rows"])
    assert "wrong: forward float32 3,8,1,3,1: torch cudnn" in depthwise_gpu.report(result)


def test_every_layer_is_measured_once(depthwise_gpu: ModuleType) -> None:
    shapes = depthwise_gpu.SHAPES
    assert len(shapes) == len(set(shapes)) == 23
    assert {shape.kernel for shape in shapes} == {3, 5, 7}
    assert all(shape.output == -(-shape.size // shape.stride) for shape in shapes)


def test_bytes_are_what_has_to_be_moved(depthwise_gpu: ModuleType) -> None:
    shape = depthwise_gpu.Shape(32, 112, 1, 3, 2)
    images, outputs, taps = 2 * 32 * 112**2, 2 * 32 * 56**2, 32 * 9
    for operation in depthwise_gpu.OPERATIONS:
        assert depthwise_gpu.least_bytes(operation, shape, 2, "float32") == 4 * (images + outputs + taps)
        assert depthwise_gpu.least_bytes(operation, shape, 2, "float16") == 2 * (images + outputs + taps)


def made(batch: int = 32, kernel: int = 3, seconds: float = 1.0, **ways: float) -> dict[str, Any]:
    row = {"shape": f"1,9,1,{kernel},1", "kernel": kernel, "stride": 1, "batch": batch, "bytes": 90}
    row |= {"dtype": "float32", "operation": "forward", "wrong": []}
    return row | {"seconds": {"dwbridge": seconds, **ways}}


def test_aims_are_judged(depthwise_gpu: ModuleType) -> None:
    from gpu.report import aims  # found through the fixture

    rows = [made(cudnn=1.2, native=1.6), made(128, seconds=1.5, cudnn=3.0), made(kernel=7, seconds=1.0)]
    result = {"rows": rows, "bandwidth": 100, "host": {"forward": 9e-6, "backward_weight": 16e-6}}
    lines = list(aims(result | {"step": {"dwbridge": 0.1, "torch channels_last": 0.2, "torch": 0.3}}))
    assert "forward, float32, 3x3 and 5x5: 85 % of copy MISSED (mean 73 %, 60 % at 1,9,1,3,1 batch 128)" in lines
    assert "forward, float32, 7x7: 75 % of copy reached (mean 90 %, 90 % at 1,9,1,7,1 batch 32)" in lines
    assert "backward_data, float16, 3x3: not measured" in lines
    assert "forward, 1.3 times as fast as torch in the geometric mean: reached (1.55)" in lines
    assert "backward_weight, 3.0 times as fast as torch in the geometric mean: not measured" in lines
    assert "host time of a kernel call under 15 us: MISSED (16.0 us)" in lines
    assert lines[-1].endswith("no slower than torch's: reached (100.0 ms, torch channels_last 200.0 ms)")


def test_buffers_in_turn_exceed_the_cache(depthwise_gpu: ModuleType) -> None:
    used: list[int] = []

    class Stub:
        """A CuPy whose events are a second apart."""

        class cuda:
            Event = type("Event", (), {"record": lambda self: None, "synchronize": lambda self: None})
            get_elapsed_time = staticmethod(lambda start, end: 1000.0)

        @staticmethod
        def zeros(count: int, dtype: str) -> Any:
            return importlib.import_module("numpy").zeros(count, dtype)

    clock = depthwise_gpu.Clock(Stub, 1 << 10)
    assert clock.bandwidth == 8 * 2 * 1024
    assert clock.burst(used.append, 3, 7) == pytest.approx(1 / 7)
    assert used == [0, 1, 2, 0, 1, 2, 0]
