"""The benchmark for GPUs on a simulated one: that it runs, what it counts and what it says; no time means anything."""

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from simulated_gpu import SimulatedGpu

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
WORDS = ("--shapes", "3,8,1,3,1", "2,6,1,5,2", "--batch", "1", "--rounds", "1", "--buffer", "4096")


def test_it_runs_and_writes_its_files(depthwise_gpu: ModuleType, gpu: SimulatedGpu, tmp_path: Path) -> None:
    depthwise_gpu.main([*WORDS, "--step", "1", "32", "--out", str(tmp_path)])
    (file,) = tmp_path.glob("depthwise_gpu_simulated-gpu_*.json")
    result, page = json.loads(file.read_text()), file.with_suffix(".md").read_text()
    assert len(result["rows"]) == 2 * 2 * 3
    assert all(row["seconds"]["dwbridge"] > 0 and row["wrong"] == [] for row in result["rows"])
    assert {"depthwise_weight_sum", "gemm"} <= set(gpu.launches)
    assert result["absent"] == ["torch"]
    assert result["host"]["seconds"].keys() == {"forward", "backward_data", "backward_weight"}
    assert result["step"]["seconds"]["dwbridge"] > 0
    assert result["left_out"] == []
    assert depthwise_gpu.is_sound(result)
    assert "Simulated GPU, compute capability 90" in page
    assert "| 3,8,1,3,1 | 1 |" in page
    assert str(BENCHMARKS.parent) not in file.read_text() + page


def test_every_layer_is_measured_once(depthwise_gpu: ModuleType) -> None:
    shapes = depthwise_gpu.SHAPES
    assert len(shapes) == len(set(shapes)) == 23
    assert {shape.kernel for shape in shapes} == {3, 5, 7}
    assert all(shape.output == -(-shape.size // shape.stride) for shape in shapes)


def test_bytes_are_what_has_to_be_moved(depthwise_gpu: ModuleType) -> None:
    from gpu.shapes import OPERATIONS, least_bytes  # found through the fixture

    shape = depthwise_gpu.Shape(32, 112, 1, 3, 2)
    images, outputs, taps = 2 * 32 * 112**2, 2 * 32 * 56**2, 32 * 9
    for operation in OPERATIONS:
        assert least_bytes(operation, shape, 2, "float32") == 4 * (images + outputs + taps)
        assert least_bytes(operation, shape, 2, "float16") == 2 * (images + outputs + taps)


def made(batch: int = 32, kernel: int = 3, seconds: float = 1.0, **ways: float) -> dict[str, Any]:
    row = {"shape": f"1,9,1,{kernel},1", "kernel": kernel, "stride": 1, "batch": batch, "bytes": 90}
    row |= {"dtype": "float32", "operation": "forward", "wrong": []}
    return row | {"seconds": {"dwbridge": seconds, **ways}}


def test_aims_are_judged(depthwise_gpu: ModuleType) -> None:
    from gpu.report import aims  # found through the fixture

    rows = [made(cudnn=1.2, native=1.6), made(128, seconds=1.5, cudnn=3.0), made(kernel=7, seconds=1.0)]
    host = {"forward": 9e-6, "backward_weight": 16e-6}
    step = {"dwbridge": 0.1, "torch channels_last": 0.05, "torch contiguous_format": 0.3}
    step["torch channels_last without TF32"] = 0.2
    result = {"rows": rows, "bandwidth": 100, "host": {"seconds": host}, "step": {"seconds": step}}
    lines = list(aims(result))
    assert "forward, float32, 3x3 and 5x5: 85 % of copy MISSED (mean 73 %, 60 % at 1,9,1,3,1 batch 128)" in lines
    assert "forward, float32, 7x7: 75 % of copy reached (mean 90 %, 90 % at 1,9,1,7,1 batch 32)" in lines
    assert "backward_data, float16, 3x3: not measured" in lines
    assert "forward, 1.3 times as fast as torch in the geometric mean: reached (1.55)" in lines
    assert "backward_weight, 3.0 times as fast as torch in the geometric mean: not measured" in lines
    assert "host time of a kernel call under 15 us: MISSED (16.0 us)" in lines
    assert lines[-2].endswith("torch's with its defaults: MISSED (100.0 ms, torch channels_last 50.0 ms)")
    assert lines[-1].endswith("without TF32: reached (100.0 ms, torch channels_last without TF32 200.0 ms)")


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
