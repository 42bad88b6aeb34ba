import json
from collections.abc import Callable
from pathlib import Path


def test_all_supported(run: Callable, onnx_file: Path, tmp_path: Path) -> None:
    outcome = run("inspect", onnx_file, "--json", tmp_path / "found.json")
    assert (outcome.code, outcome.err) == (0, "")
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["supported"] is True
    count = len(found["nodes"])
    assert outcome.out.endswith(f"{count} of {count} nodes are supported\n")
    assert "block1/depthwise" in outcome.out


def test_something_unsupported(run: Callable, unsupported_file: Path, tmp_path: Path) -> None:
    outcome = run("inspect", unsupported_file, "--json", tmp_path / "found.json")
    assert (outcome.code, outcome.err) == (1, "")
    assert "1 of 2 nodes are supported" in outcome.out
    assert [node["supported"] for node in json.loads((tmp_path / "found.json").read_text())["nodes"]] == [True, False]


def test_no_such_file(refused: Callable, tmp_path: Path) -> None:
    assert "does not exist" in refused("inspect", tmp_path / "absent.onnx")


def test_no_model(refused: Callable, text_file: Path, tmp_path: Path) -> None:
    assert "notes.txt" in refused("inspect", text_file, "--json", tmp_path / "found.json")
    assert not (tmp_path / "found.json").exists()


def test_a_folder(refused: Callable, tmp_path: Path) -> None:
    assert "is a directory" in refused("inspect", tmp_path)


def test_json_into_nowhere(refused: Callable, onnx_file: Path, tmp_path: Path) -> None:
    assert "there is no folder" in refused("inspect", onnx_file, "--json", tmp_path / "absent" / "found.json")
