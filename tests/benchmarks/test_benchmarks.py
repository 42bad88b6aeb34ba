"""The scripts in `benchmarks/` run, with nobody but dwbridge; how fast is not tested."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
RESULTS = [file for file in sorted((BENCHMARKS / "results").iterdir()) if file.suffix != ".png"]


def result_of(script: str, folder: Path, *arguments: str) -> tuple[dict, str]:
    """What the script wrote as JSON, and the page beside it."""
    command = [sys.executable, "-W", "error", str(BENCHMARKS / script), *arguments, "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (file,) = folder.glob("*.json")
    return json.loads(file.read_text()), file.with_suffix(".md").read_text()


def test_depthwise(tmp_path: Path) -> None:
    shapes = ("4,6,1,3,1", "2,5,2,3,2")
    words = ("--shapes", *shapes, "--batch", "1", "2", "--threads", "1", "--rounds", "1", "--seconds", "0.0001")
    result, page = result_of("depthwise_cpu.py", tmp_path, *words)
    measured = [(row["batch"], row["shape"], row["operation"]) for row in result["rows"]]
    assert measured == list(itertools.product((1, 2), shapes, ("forward", "backward")))
    assert result["absent"] == ["torch", "onnxruntime", "chainer"]
    assert "depthwise_cpu.py --shapes" in result["machine"]["command"]
    for row in result["rows"]:
        assert all(seconds > 0 for seconds in row["seconds"].values())
        assert row["scratch_bytes"] < 1 << 20
        assert f"| {row['shape']} | {row['batch']} |" in page


@pytest.mark.parametrize("network", ["mobilenet_v1", "mobilenet_v2", "convnext"])
def test_training_step(tmp_path: Path, network: str) -> None:
    words = ("--networks", network, "--threads", "1", "--rounds", "1", "--batch", "1", "--size", "32", "--profile")
    result, page = result_of("training_step_cpu.py", tmp_path, *words)
    (row,) = result["rows"]
    assert row["seconds"]["dwbridge/step"] > 0
    assert len(row["losses"]["dwbridge/step"]) == 3
    assert row["memory"]["dwbridge/step"]["bytes"] > row["memory"]["dwbridge/step"]["at_rest"] > 0
    assert row["profile"]["dwbridge"]["depthwise forward"] > 0
    assert f"| {network} | 1 |" in page


def test_commands_are_kept_as_they_stand_on_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    from machine import anywhere

    words = [str(BENCHMARKS / "depthwise_cpu.py"), "--torch", "/opt/torch/bin/python3.11", "--chainer=../bin/python"]
    words += ["--out", f"{BENCHMARKS}/results", "--plot=/opt/plots/new.png", "--shapes", "4,6,1,3,1"]
    assert list(map(anywhere, words)) == [
        *("benchmarks/depthwise_cpu.py", "--torch", "PYTHON", "--chainer=PYTHON"),
        *("--out", "benchmarks/results", "--plot=new.png", "--shapes", "4,6,1,3,1"),
    ]


def test_a_machine_without_git_measures_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    from machine import description

    monkeypatch.setenv("PATH", str(tmp_path))
    assert description()["commit"] == "unknown"


@pytest.mark.parametrize("file", RESULTS, ids=lambda file: file.name)
def test_no_result_names_a_path_of_the_machine(file: Path) -> None:
    assert re.findall(r"""(?:^|[\s"'`=(])(/[\w.~-]+/[^\s"'`)]*)""", file.read_text(errors="replace")) == []


def test_smoothness(tmp_path: Path) -> None:
    words = ("--kernels", "3", "--step", "60", "--rounds", "1")
    result, page = result_of("smoothness_cpu.py", tmp_path, *words)
    assert {(point["sweep"], point["operation"]) for point in result["points"]} == set(
        itertools.product("HC", ("forward", "backward"))
    )
    assert all(point["ns_per_product"] > 0 for point in result["points"])
    assert all(step["cliff"] > 0 for step in result["cliffs"])
    assert "| H | forward | 3 | 1 |" in page


def test_cliffs_are_what_work_and_overhead_do_not_explain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    from smoothness_cpu import Point, cliff, cliff_row

    low, high = (Point("C", "forward", 3, 1, at) for at in (4, 5))
    assert cliff({low: 1 + 4, high: 1 + 5}, low, high, 1) == pytest.approx(1)
    assert cliff({low: 4, high: 10}, low, high, 0) == pytest.approx(2)
    assert cliff({low: 12, high: 5}, low, high, 0) == pytest.approx(3)
    assert cliff_row({low: 12, high: 5}, low, high, 0)["rises"] is False
    assert cliff({low: 1000.01, high: 1000.05}, low, high, 1000) == pytest.approx(1, abs=1e-4)
