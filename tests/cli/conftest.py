"""Running the command line in this process, and files to run it on."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from dwbridge import exporters, serializers
from dwbridge.cli.main import main
from dwbridge.models import DigitsNet


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    def run(*arguments: object) -> Outcome:
        code = main([str(argument) for argument in arguments])
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture
def refused(run: Callable[..., Outcome]) -> Callable[..., str]:
    """Runs what has to be refused: gives the one line that says why."""

    def refused(*arguments: object, code: int = 2) -> str:
        outcome = run(*arguments)
        assert outcome.code == code, outcome
        assert outcome.err.count("\n") == 1
        assert outcome.err.startswith("dwbridge")
        assert "Traceback" not in outcome.err
        return outcome.err.strip()

    return refused


@pytest.fixture(scope="session")
def network() -> DigitsNet:
    np.random.seed(0)
    return DigitsNet(width=2)


@pytest.fixture(scope="session")
def npz_file(network: DigitsNet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("snapshot") / "net.npz"
    serializers.save_npz(path, network)
    return path


@pytest.fixture(scope="session")
def onnx_file(network: DigitsNet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "net.onnx"
    exporters.export(network, np.zeros((1, 1, 8, 8), np.float32), filename=str(path))
    return path


@pytest.fixture(scope="session")
def unsupported_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A valid model with a node that has no translation."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 2]) for name in "xy")
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["h"], "first"), helper.make_node("Sinh", ["h"], ["y"], "second")],
        "graph",
        [x],
        [y],
    )
    path = tmp_path_factory.mktemp("unsupported") / "erf.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "notes.txt"
    path.write_text("no model at all\n")
    return path
