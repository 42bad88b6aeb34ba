"""Model files: what is no model, what exceeds a limit, and that nothing half-written stays."""

import contextlib

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from small_models import SmallNet, one_node

from dwbridge import exporters
from dwbridge.exporters.model_file import Limits, read_model, save_model

X = np.zeros((1, 3, 9, 8), "f")


@pytest.fixture(scope="module")
def content() -> bytes:
    np.random.seed(0)
    return exporters.export(SmallNet(), X).SerializeToString()


def test_no_such_file_and_no_file(tmp_path: object) -> None:
    with pytest.raises(exporters.ModelFileError, match="no such file"):
        read_model(tmp_path / "nothing.onnx")  # type: ignore[operator]
    with pytest.raises(exporters.ModelFileError, match="not a file"):
        read_model(tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize("junk", [b"", b"PK\x03\x04", b"hello, world", bytes(range(256)), b"\x08\x08"])
def test_junk_is_no_model(junk: bytes) -> None:
    with pytest.raises(exporters.ModelFileError, match="not an ONNX file"):
        read_model(junk)


def test_every_truncation_is_refused_in_one_line(content: bytes) -> None:
    for length in range(0, len(content), 7):
        with pytest.raises(exporters.BridgeError) as caught:
            exporters.load(content[:length])
        assert "\n" not in str(caught.value)


def test_flipped_bits_never_crash(content: bytes) -> None:
    rng = np.random.default_rng(0)
    for position in rng.integers(0, len(content), 300):
        damaged = bytearray(content)
        damaged[position] ^= 1 << int(rng.integers(8))
        with contextlib.suppress(exporters.BridgeError):
            exporters.load(bytes(damaged))


def test_limits(content: bytes) -> None:
    for limits, message in (
        (Limits(file_bytes=100), f"may have 100 bytes, this one has {len(content)}"),
        (Limits(nodes=3), "may have 3 nodes, this one has"),
        (Limits(tensor_bytes=1000), "tensors may have 1000 bytes"),
    ):
        with pytest.raises(exporters.ModelFileError, match=message):
            exporters.load(content, limits=limits)


def broken(change: object) -> onnx.ModelProto:
    model = one_node("Conv", {"x": np.zeros((1, 4, 5, 5), "f")}, {"w": np.zeros((4, 1, 3, 3), "f")}, group=4)
    change(model.graph.initializer[0], model)  # type: ignore[operator]
    return model


def external(tensor: TensorProto, model: onnx.ModelProto) -> None:
    tensor.data_location = TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../secret"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (external, "tensor 'w' is kept in another file"),
        (lambda tensor, model: tensor.dims.__setitem__(0, -4), "negative dimension"),
        (lambda tensor, model: tensor.dims.__setitem__(0, 1 << 40), "needs"),
        (lambda tensor, model: setattr(tensor, "data_type", 999), "unknown data type 999"),
        (lambda tensor, model: setattr(tensor, "raw_data", b"1234"), "needs 144 bytes, it has 4"),
        (lambda tensor, model: model.graph.node.append(model.graph.node[0]), "not a valid ONNX model"),
        (lambda tensor, model: model.graph.ClearField("output"), "the model has no outputs"),
        (lambda tensor, model: model.graph.sparse_initializer.add(), "sparse initializer"),
    ],
)
def test_models_that_are_broken(change: object, message: str) -> None:
    with pytest.raises(exporters.ModelFileError, match=message):
        exporters.load(broken(change))


def test_a_failed_save_leaves_the_old_file(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.onnx"  # type: ignore[operator]
    path.write_bytes(b"old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        save_model(one_node("Relu", {"x": X}), path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["m.onnx"]  # type: ignore[attr-defined]


def test_functions_and_foreign_domains_are_reported() -> None:
    model = one_node("Relu", {"x": X})
    model.opset_import.append(helper.make_opsetid("my.domain", 1))
    model.graph.node[0].domain = "my.domain"
    report = exporters.inspect(model)
    assert report.nodes[0].detail == "operators of domain 'my.domain' are not supported"
