"""The demo from end to end, its files and its exit codes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import pytest
from needs import HAS_NUMBA, beyond_notice

from dwbridge.cli.demo import training as demo_training
from dwbridge.cli.demo.results import GOAL
from dwbridge.exporters.errors import UnsupportedError

FILES = ["digits.npz", "digits.onnx", "report.html", "report.json"]


class Demo(NamedTuple):
    done: subprocess.CompletedProcess[str]
    out: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The main job, at full length, as a user runs it."""
    out = tmp_path_factory.mktemp("demo") / "made" / "here"
    code = "import sys; from dwbridge.cli.main import main; sys.exit(main())"
    # Standard output is a pipe here; these variables would make rich believe in a terminal.
    environment = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "TTY_COMPATIBLE")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, "demo", "--out", str(out)],
        capture_output=True,
        text=True,
        env=environment,
    )
    return Demo(done, out)


def test_everything_holds(demo: Demo) -> None:
    assert (demo.done.returncode, beyond_notice(demo.done.stderr)) == (0, "")
    assert "FAILED" not in demo.done.stdout
    assert sorted(path.name for path in demo.out.iterdir()) == FILES


def test_output_is_plain_where_there_is_no_terminal(demo: Demo) -> None:
    assert "\x1b" not in demo.done.stdout
    lines = [line for line in demo.done.stdout.splitlines() if line.startswith("epoch ")]
    assert len(lines) == 10
    assert all(re.search(r"loss \d\.\d{4}  accuracy \d\.\d{4}", line) for line in lines)


def test_the_table_says_what_was_found(demo: Demo) -> None:
    for text in ("held-out accuracy", "23 of 23 parameters", "native-numpy", "reference", "before", "report.html"):
        assert text in demo.done.stdout


def test_the_snapshot_has_chainers_keys(demo: Demo) -> None:
    with np.load(demo.out / "digits.npz") as archive:
        assert {"predictor/conv/W", "predictor/block1/depthwise/W", "predictor/bn/avg_mean"} <= set(archive)


def test_the_model_has_grouped_convolutions_and_plain_weights(demo: Demo) -> None:
    model = onnx.load(demo.out / "digits.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert {node.op_type for node in model.graph.node}.isdisjoint({"Transpose", "Reshape"})
    weights = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    assert weights["block1/depthwise/W"] == (32, 1, 3, 3)
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"


def test_the_json_report(demo: Demo) -> None:
    found = json.loads((demo.out / "report.json").read_text())
    assert (found["passed"], found["problems"]) == (True, [])
    assert found["training"]["accuracy"] >= GOAL
    assert found["fine_tuning"]["loss_after"] < found["fine_tuning"]["loss_before"]
    assert set(found["verification"]["batches"]) == {1, 2, 7}
    runtimes = {runtime["name"]: runtime for runtime in found["verification"]["runtimes"]}
    assert runtimes["native-numpy"]["verdict"] == "passed"
    assert runtimes["native-compiled"]["verdict"] == ("passed" if HAS_NUMBA else "missing")
    # A runtime that is not there is listed with the reason.
    assert all(runtime["missing"] for runtime in runtimes.values() if runtime["verdict"] == "missing")


def test_the_page_needs_nothing_else(demo: Demo) -> None:
    page = (demo.out / "report.html").read_text()
    assert "Everything held." in page
    assert not re.search(r"<script|<link|@import|<iframe", page)
    addresses = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)""", page)
    assert addresses
    assert all(address.startswith("data:image/png;base64,") for address in addresses)
    assert page.count("<svg") == 3
    assert page.count("<figure") == 48
    assert "prefers-color-scheme: dark" in page


def test_too_little_training_fails_with_the_reason(run: Callable, tmp_path: Path) -> None:
    outcome = run("demo", "--out", tmp_path, "--epochs", 1, "--seed", 3)
    assert outcome.code == 1
    assert re.fullmatch(r"dwbridge demo: failed: held-out accuracy >= 0\.97: 0\.\d{4} \(\d+ of 360\)\n", outcome.err)
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES
    found = json.loads((tmp_path / "report.json").read_text())
    assert (found["passed"], found["seed"], found["epochs"]) == (False, 3, 1)
    assert "Not everything held." in (tmp_path / "report.html").read_text()


def test_what_the_bridge_refuses_is_a_failure(run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise UnsupportedError("node 3 (Foo): no such operator")

    monkeypatch.setattr(demo_training, "train", refuse)
    outcome = run("demo", "--out", tmp_path)
    assert (outcome.code, outcome.err) == (1, "dwbridge demo: failed: node 3 (Foo): no such operator\n")


def test_a_folder_that_is_a_file(refused: Callable, text_file: Path) -> None:
    assert "is a file" in refused("demo", "--out", text_file)


def test_a_folder_that_cannot_be_made(refused: Callable, text_file: Path) -> None:
    assert "cannot write to the folder" in refused("demo", "--out", text_file / "below")


@pytest.mark.parametrize(
    ("option", "value"), [("--epochs", "0"), ("--epochs", "x"), ("--seed", "-1"), ("--seed", 2**32)]
)
def test_numbers_out_of_range(refused: Callable, tmp_path: Path, option: str, value: object) -> None:
    assert f"Invalid value for '{option}'" in refused("demo", "--out", tmp_path, option, value)
    assert list(tmp_path.iterdir()) == []
