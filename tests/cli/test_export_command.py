"""`dwbridge export`: the file it writes, and everything it refuses."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

import dwbridge.links as L
from dwbridge import exporters, serializers
from dwbridge.configuration import no_backprop_mode, using_config
from dwbridge.models import DigitsNet

SHAPE = ("--input-shape", "1,1,8,8")


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module in the current folder; its name is new in every test, because imported modules stay."""
    name = "net_" + tmp_path.name.replace("-", "_")
    (tmp_path / f"{name}.py").write_text(
        "from dwbridge.models import DigitsNet\n"
        "class Nets:\n"
        "    def small(): return DigitsNet(width=2)\n"
        "def fails(): raise RuntimeError('out of order, sorry')\n"
        "def number(): return 7\n"
        "text = 'abc'\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", list(sys.path))
    return name


def test_a_network_of_the_users(run: Callable, module: str, npz_file: Path, network: DigitsNet, tmp_path: Path) -> None:
    outcome = run("export", f"{module}:Nets.small", "--snapshot", npz_file, *SHAPE, "-o", "net.onnx", "--opset", 13)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("net.onnx: opset 13, ")
    written = onnx.load(tmp_path / "net.onnx")
    onnx.checker.check_model(written, full_check=True)
    x = np.random.rand(3, 1, 8, 8).astype(np.float32)
    loaded = exporters.load(written)
    np.testing.assert_array_equal(loaded.compute({"input": x})["output"], _inference(network, x))


def _inference(network: L.Chain, x: np.ndarray) -> np.ndarray:
    with using_config("train", False), no_backprop_mode():
        return network(x).array


def test_a_network_by_name_and_a_part_of_a_snapshot(run: Callable, tmp_path: Path) -> None:
    model = L.Classifier(DigitsNet())
    serializers.save_npz(tmp_path / "all.npz", model)
    for prefix in ("predictor/", "predictor"):
        outcome = run(
            "export",
            "digits",
            "--snapshot",
            tmp_path / "all.npz",
            "--npz-path",
            prefix,
            *SHAPE,
            "-o",
            tmp_path / "o.onnx",
        )
        assert (outcome.code, outcome.err) == (0, "")
    weights = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(tmp_path / "o.onnx").graph.initializer}
    np.testing.assert_array_equal(weights["conv/W"], model.predictor.conv.W.array)


def _refuse(refused: Callable, tmp_path: Path, model: str, snapshot: Path, *options: object) -> str:
    before = sorted(tmp_path.rglob("*"))
    options = options or SHAPE
    message = refused("export", model, "--snapshot", snapshot, *options, "-o", tmp_path / "out.onnx")
    left = [path for path in sorted(tmp_path.rglob("*")) if path not in before and "__pycache__" not in str(path)]
    assert left == []
    return message


def test_no_such_name(refused: Callable, npz_file: Path, tmp_path: Path) -> None:
    message = _refuse(refused, tmp_path, "resnet", npz_file)
    assert message == "dwbridge export: expected package.module:callable or one of digits, got 'resnet'"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("no_such_module:Net", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("{module}:absent", "AttributeError: module '{module}' has no attribute 'absent'"),
        ("{module}:text", "to be callable, got str"),
        ("{module}:fails", "() failed: RuntimeError: out of order, sorry"),
        ("{module}:number", "() to return a dwbridge.Link, got int"),
        (":Net", "cannot import ':Net'"),
    ],
)
def test_not_importable(refused: Callable, module: str, npz_file: Path, tmp_path: Path, path: str, reason: str) -> None:
    message = _refuse(refused, tmp_path, path.format(module=module), npz_file)
    assert reason.format(module=module) in message


def test_no_snapshot(refused: Callable, tmp_path: Path) -> None:
    assert "absent.npz' does not exist" in _refuse(refused, tmp_path, "digits", tmp_path / "absent.npz")


def test_a_snapshot_that_is_none(refused: Callable, text_file: Path, tmp_path: Path) -> None:
    assert "notes.txt: " in _refuse(refused, tmp_path, "digits", text_file)


def test_a_snapshot_of_another_shape(refused: Callable, npz_file: Path, tmp_path: Path) -> None:
    message = _refuse(refused, tmp_path, "digits", npz_file)
    assert "net.npz: " in message
    # Which parameter comes first is not fixed: a link's parameters are a set, as in Chainer.
    assert re.search(r"expected an array of shape \(\d.*\), the file has one of shape \(\d.*\)", message)


def test_a_snapshot_under_another_prefix(refused: Callable, tmp_path: Path) -> None:
    file = tmp_path / "all.npz"
    serializers.save_npz(file, L.Classifier(DigitsNet()))
    assert _refuse(refused, tmp_path, "digits", file).endswith("; try --npz-path 'predictor/'")


def test_a_snapshot_of_something_else(refused: Callable, tmp_path: Path) -> None:
    file = tmp_path / "else.npz"
    serializers.save_npz(file, L.Linear(2, 2))
    assert "no key of the file ends in" in _refuse(refused, tmp_path, "digits", file)


@pytest.mark.parametrize("shape", ["1,1,8", "1,3,8,8", "1"])
def test_a_shape_that_the_network_does_not_take(
    refused: Callable, module: str, npz_file: Path, tmp_path: Path, shape: str
) -> None:
    message = _refuse(refused, tmp_path, f"{module}:Nets.small", npz_file, "--input-shape", shape)
    assert f"the network does not take an input of shape {shape}: " in message


@pytest.mark.parametrize("shape", ["1,x,8,8", "", "1,,8", "1,0,8,8", "-1,1,8,8", "1 1 8 8", "1,1,8,²"])
def test_a_malformed_shape(refused: Callable, npz_file: Path, tmp_path: Path, shape: str) -> None:
    message = _refuse(refused, tmp_path, "digits", npz_file, "--input-shape", shape)
    assert f"expected positive integers between commas, such as 1,3,224,224, got {shape!r}" in message


def test_no_such_opset(refused: Callable, module: str, npz_file: Path, tmp_path: Path) -> None:
    message = _refuse(refused, tmp_path, f"{module}:Nets.small", npz_file, *SHAPE, "--opset", "7")
    assert "opset_version must be 13 to 22, got 7" in message


@pytest.mark.parametrize(
    ("output", "reason"),
    [("absent/out.onnx", "there is no folder"), ("file/out.onnx", "there is no folder"), (".", "is a folder")],
)
def test_an_output_that_cannot_be_written(
    refused: Callable, npz_file: Path, tmp_path: Path, output: str, reason: str
) -> None:
    (tmp_path / "file").touch()
    assert reason in refused("export", "digits", "--snapshot", npz_file, *SHAPE, "-o", tmp_path / output)


def test_a_folder_without_write_permission(
    refused: Callable, npz_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may write anywhere, so the operating system's answer is replaced.
    monkeypatch.setattr("os.access", lambda path, mode: False)
    message = refused("verify", npz_file, "--html", tmp_path / "out.html")
    assert "is not writable" in message or "is not readable" in message


@pytest.mark.parametrize("missing", ["--snapshot", "--input-shape", "-o"])
def test_what_must_be_given(refused: Callable, npz_file: Path, tmp_path: Path, missing: str) -> None:
    options = {"--snapshot": npz_file, "--input-shape": "1,1,8,8", "-o": tmp_path / "x.onnx"}
    words = [word for name, value in options.items() if name != missing for word in (name, value)]
    assert "Missing option" in refused("export", "digits", *words)
