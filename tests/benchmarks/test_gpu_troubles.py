"""What becomes of the benchmark for GPUs when something fails, differs or ends too early: what was measured is kept."""

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
WORDS = (
    "--shapes",
    "3,8,1,3,1",
    "2,6,1,5,2",
    "--dtypes",
    "float32",
    "--batch",
    "1",
    "--rounds",
    "1",
    "--buffer",
    "4096",
)

pytestmark = pytest.mark.usefixtures("gpu")


class Torch(SimpleNamespace):
    """What is asked of torch beside its convolutions and networks."""

    def __init__(self) -> None:
        matmul = SimpleNamespace(allow_tf32=False)
        super().__init__(
            backends=SimpleNamespace(cudnn=SimpleNamespace(allow_tf32=True), cuda=SimpleNamespace(matmul=matmul))
        )


@pytest.fixture
def torch(depthwise_gpu: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Torch:
    """A torch that computes as dwbridge does."""
    torch, own = Torch(), depthwise_gpu.own.calls
    monkeypatch.setattr(depthwise_gpu.peer, "installed", lambda: torch)
    monkeypatch.setattr(depthwise_gpu.peer, "calls", lambda torch, sets, shape, way: own(sets, shape))
    monkeypatch.setattr(depthwise_gpu, "versions", lambda cupy, torch: {})
    return torch


def failing(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise error

    return fail


def test_an_output_that_differs_is_said(
    depthwise_gpu: ModuleType, torch: Torch, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = depthwise_gpu.own.calls

    def others(torch: Any, sets: Any, shape: Any, way: str) -> Any:
        return {name: lambda i, call=call: call(i) * 1.1 for name, call in right(sets, shape).items()}

    monkeypatch.setattr(depthwise_gpu.peer, "calls", others)
    result = depthwise_gpu.main([*WORDS, "--quick"])
    assert all(row["wrong"] == [f"torch {way}" for way in depthwise_gpu.peer.WAYS] for row in result["rows"])
    assert "wrong: forward float32 3,8,1,3,1 batch 1: torch cudnn" in depthwise_gpu.report(result)
    assert not depthwise_gpu.is_sound(result)


def test_a_way_of_torch_that_fails_leaves_the_others(
    depthwise_gpu: ModuleType, torch: Torch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When its calls are made, or when one is made of them."""
    right = depthwise_gpu.own.calls

    def others(torch: Any, sets: Any, shape: Any, way: str) -> Any:
        if way == "native":
            raise RuntimeError("no engine\nfound")
        return right(sets, shape) | ({"backward_data": failing(ValueError("no plan"))} if way == "cudnn" else {})

    monkeypatch.setattr(depthwise_gpu.peer, "calls", others)
    result = depthwise_gpu.main([*WORDS, "--quick"])
    assert len(result["rows"]) == 6
    for row in result["rows"]:
        failed = {"torch native": "RuntimeError: no engine"}
        failed |= {"torch cudnn": "ValueError: no plan"} if row["operation"] == "backward_data" else {}
        assert row["failed"] == failed
        assert row["seconds"].keys() == {"dwbridge", *(f"torch {w}" for w in depthwise_gpu.peer.WAYS)} - failed.keys()
    page = depthwise_gpu.report(result)
    assert "FAILED: torch cudnn: ValueError: no plan (backward_data float32 3,8,1,3,1 batch 1; backward_data" in page
    assert "FAILED: torch native: RuntimeError: no engine (forward float32 3,8,1,3,1 batch 1; " in page
    assert "; and 3 more)" in page
    assert depthwise_gpu.is_sound(result)


def test_own_kernels_that_fail_are_said_and_the_exit_code_tells(
    depthwise_gpu: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = depthwise_gpu.own.calls

    def calls(sets: Any, shape: Any) -> Any:
        return right(sets, shape) | ({"forward": failing(MemoryError("out"))} if shape.kernel == 3 else {})

    monkeypatch.setattr(depthwise_gpu.own, "calls", calls)
    script = str(BENCHMARKS / "depthwise_gpu.py")
    monkeypatch.setattr(sys, "argv", [script, *WORDS, "--step", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(script, run_name="__main__")
    assert end.value.code == 1
    (file,) = tmp_path.glob("*.json")
    rows = json.loads(file.read_text())["rows"]
    assert [row["failed"] for row in rows] == [{"dwbridge": "MemoryError: out"}, *[{}] * 5]
    page = file.with_suffix(".md").read_text()
    assert "FAILED: dwbridge: MemoryError: out (host time; forward float32 3,8,1,3,1 batch 1)" in page
    assert "| 3,8,1,3,1 | 1 | failed |" in page
    assert "forward, float32, 3x3 and 5x5: 85 % of copy MISSED (dwbridge failed at forward float32 3,8,1,3,1" in page
    assert "FAILED: dwbridge" in capsys.readouterr().out


def test_memory_that_is_not_there_is_a_failure_of_a_layer(
    depthwise_gpu: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = depthwise_gpu.own.arrays

    def arrays(cupy: Any, shape: Any, batch: int, dtype: str) -> Any:
        return failing(MemoryError("out"))() if shape.kernel == 5 else right(cupy, shape, batch, dtype)

    monkeypatch.setattr(depthwise_gpu.own, "arrays", arrays)
    result = depthwise_gpu.main([*WORDS, "--quick"])
    assert [row["failed"] for row in result["rows"]] == [*[{}] * 3, *[{"dwbridge": "MemoryError: out"}] * 3]
    assert not depthwise_gpu.is_sound(result)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)], ids=["interrupted", "ended"])
def test_a_run_that_ends_early_leaves_what_it_measured(
    error: BaseException,
    depthwise_gpu: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    measured = depthwise_gpu.measured

    def once(*words: Any) -> Any:
        monkeypatch.setattr(depthwise_gpu, "measured", failing(error))
        return measured(*words)

    monkeypatch.setattr(depthwise_gpu, "measured", once)
    with pytest.raises(type(error)):
        depthwise_gpu.main([*WORDS, "--step", "--out", str(tmp_path)])
    json_file, page = sorted(tmp_path.iterdir())
    result = json.loads(json_file.read_text())
    assert [row["shape"] for row in result["rows"]] == ["3,8,1,3,1"] * 3
    assert result["left_out"] == ["float32, batch 1, 2,6,1,5,2"]
    assert "left out, 1 layers: float32, batch 1, 2,6,1,5,2" in page.read_text()
    assert "left out, 1 layers" in capsys.readouterr().out


def test_layers_for_which_no_time_is_left_are_named(depthwise_gpu: ModuleType, tmp_path: Path) -> None:
    result = depthwise_gpu.main([*WORDS, "--step", "1", "32", "--minutes", "0", "--out", str(tmp_path)])
    assert result["step"]["seconds"]["dwbridge"] > 0
    assert result["host"]["seconds"]["forward"] > 0
    assert result["rows"] == []
    page = depthwise_gpu.report(result)
    assert "left out, 2 layers: float32, batch 1, 3,8,1,3,1; float32, batch 1, 2,6,1,5,2" in page


def test_a_loss_that_differs_is_said(depthwise_gpu: ModuleType, torch: Torch, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch's defaults may multiply TF32, and be further away; its networks are dwbridge's here."""
    training, own = depthwise_gpu.training, depthwise_gpu.training.own

    def another(torch: Any, count: int, size: int, layout: str, defaults: bool) -> Any:
        step = own(count, size)
        return failing(RuntimeError("out")) if layout == "channels_last" and defaults else lambda: step() * 1.005

    monkeypatch.setattr(training, "torchs", another)
    result = depthwise_gpu.main([*WORDS, "--step", "1", "32", "--minutes", "0", "--quick"])
    wrong = [f"torch {layout} without TF32" for layout in ("contiguous_format", "channels_last")]
    assert result["step"]["wrong"] == wrong
    assert result["step"]["failed"] == {"torch channels_last": "RuntimeError: out"}
    assert result["step"]["seconds"].keys() == {"dwbridge", "torch contiguous_format", *wrong}
    page = depthwise_gpu.report(result)
    assert f"wrong: training step: {', '.join(wrong)}" in page
    assert "cudnn.allow_tf32 on, cuda.matmul.allow_tf32 off" in page
    assert not depthwise_gpu.is_sound(result)


def test_tf32_is_off_for_as_long_as_it_is_asked_for(depthwise_gpu: ModuleType, torch: Torch) -> None:
    torch.backends.cuda.matmul.allow_tf32 = True
    with depthwise_gpu.training.without_tf32(torch):
        assert set(depthwise_gpu.peer.tf32(torch).values()) == {False}
    assert set(depthwise_gpu.peer.tf32(torch).values()) == {True}


@pytest.mark.parametrize("allowed", [True, False])
def test_layers_are_torchs_with_what_is_reported_of_tf32(depthwise_gpu: ModuleType, allowed: bool) -> None:
    torch = MagicMock()
    torch.backends.cudnn.allow_tf32 = allowed
    arrays = dict.fromkeys(("x", "W", "gy"))
    for call in depthwise_gpu.peer.calls(torch, [arrays], depthwise_gpu.Shape(2, 6, 1, 3, 1), "cudnn").values():
        call(0)
        torch.backends.cudnn.flags.assert_called_with(enabled=True, benchmark=True, allow_tf32=allowed)
    assert depthwise_gpu.peer.tf32(torch)["cudnn.allow_tf32"] is allowed
