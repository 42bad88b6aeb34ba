import json
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = ("--runtime", "native-numpy", "--runtime", "reference")


def test_passed(run: Callable, onnx_file: Path, tmp_path: Path) -> None:
    html, found = tmp_path / "page.html", tmp_path / "found.json"
    outcome = run("verify", onnx_file, *HERE, "--batch", 1, "--batch", 3, "--html", html, "--json", found)
    assert (outcome.code, outcome.err) == (0, "")
    assert "passed" in outcome.out
    data = json.loads(found.read_text())
    assert (data["passed"], data["batches"]) == (True, [1, 3])
    assert "<svg" in html.read_text()


@pytest.mark.parametrize(
    ("words", "batches"),
    [(("--input-shape", "5,1,8,8"), [5]), (("--input-shape", "5,1,8,8", "--batch", 2, "--batch", 3), [2, 3])],
)
def test_the_shape_gives_the_batch_unless_batch_does(
    run: Callable, onnx_file: Path, tmp_path: Path, words: tuple, batches: list[int]
) -> None:
    found = tmp_path / "found.json"
    assert run("verify", onnx_file, *HERE, *words, "--json", found).code == 0
    assert json.loads(found.read_text())["batches"] == batches


def test_failed(run: Callable, onnx_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that is off by a thousandth."""
    from dwbridge.kernels.reference import depthwise

    honest = depthwise.forward
    monkeypatch.setattr(depthwise, "forward", lambda *args, **options: honest(*args, **options) * 1.001)
    outcome = run("verify", onnx_file, *HERE, "--batch", 1)
    assert outcome.code == 1
    assert "FAILED" in outcome.out


def test_a_runtime_that_is_not_there(refused: Callable, onnx_file: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    message = refused("verify", onnx_file, "--runtime", "native-cuda", "--html", page, code=3)
    assert "runtime 'native-cuda' is not there" in message
    assert not page.exists()


def test_no_such_runtime(refused: Callable, onnx_file: Path) -> None:
    assert "unknown runtime 'tensorrt': expected one of native-numpy" in refused(
        "verify", onnx_file, "--runtime", "tensorrt"
    )


def test_no_such_file(refused: Callable, tmp_path: Path) -> None:
    assert "does not exist" in refused("verify", tmp_path / "absent.onnx")


def test_no_model(refused: Callable, text_file: Path, tmp_path: Path) -> None:
    assert "notes.txt" in refused("verify", text_file, "--json", tmp_path / "found.json")
    assert not (tmp_path / "found.json").exists()


def test_unsupported_node(refused: Callable, unsupported_file: Path) -> None:
    assert "Sinh" in refused("verify", unsupported_file, *HERE)


@pytest.mark.parametrize("shape", ["1,3,8,8", "1,8,8"])
def test_a_shape_that_does_not_fit(refused: Callable, onnx_file: Path, shape: str) -> None:
    assert "expected a shape that fits (batch, 1, 8, 8)" in refused("verify", onnx_file, *HERE, "--input-shape", shape)


def test_a_malformed_shape(refused: Callable, onnx_file: Path) -> None:
    assert "expected positive integers" in refused("verify", onnx_file, "--input-shape", "1x1")


@pytest.mark.parametrize(("option", "value"), [("--batch", "0"), ("--batch", "two"), ("--seed", "-1")])
def test_numbers_out_of_range(refused: Callable, onnx_file: Path, option: str, value: str) -> None:
    assert f"Invalid value for '{option}'" in refused("verify", onnx_file, option, value)


@pytest.mark.parametrize("option", ["--html", "--json"])
def test_an_output_that_cannot_be_written(refused: Callable, onnx_file: Path, tmp_path: Path, option: str) -> None:
    assert "there is no folder" in refused("verify", onnx_file, option, tmp_path / "absent" / "file")
