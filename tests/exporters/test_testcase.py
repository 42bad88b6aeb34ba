"""Test cases that are written are what other runtimes read."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from small_models import SmallNet, trained_statistics

from dwbridge import exporters

X = np.random.default_rng(2).normal(size=(2, 3, 9, 8)).astype("f")


def tensor(path: object) -> np.ndarray:
    return numpy_helper.to_array(onnx.load_tensor(str(path)))


def test_onnxruntime_reproduces_the_outputs(tmp_path: object) -> None:
    folder = tmp_path / "case"  # type: ignore[operator]
    exporters.export_testcase(trained_statistics(SmallNet()), X, folder, opset_version=15, input_names=["image"])
    data = folder / "test_data_set_0"
    run = exporters.runtimes.RUNTIMES["onnxruntime-cpu"].prepare(onnx.load(folder / "model.onnx"))
    (y,) = run({"image": tensor(data / "input_0.pb")})
    np.testing.assert_array_equal(tensor(data / "input_0.pb"), X)
    np.testing.assert_allclose(y, tensor(data / "output_0.pb"), rtol=1e-5, atol=1e-5)
    assert onnx.load_tensor(str(data / "input_0.pb")).name == "image"


def test_what_is_refused_writes_nothing(tmp_path: object) -> None:
    folder = tmp_path / "case"  # type: ignore[operator]
    with pytest.raises(exporters.UnsupportedError, match="output_grad must be False"):
        exporters.export_testcase(SmallNet(), X, folder, output_grad=True)
    with pytest.raises(exporters.UnsupportedError, match="train must be False"):
        exporters.export_testcase(SmallNet(), X, folder, train=True)
    assert not folder.exists()
