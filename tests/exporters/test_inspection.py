"""Inspection: every node, what it becomes or why not, and a text that stays in columns."""

import numpy as np
import pytest
from onnx import helper
from small_models import SmallNet, one_node

from dwbridge import exporters

X = np.zeros((1, 3, 9, 8), "f")


def test_a_network_that_can_be_loaded() -> None:
    report = exporters.inspect(exporters.export(SmallNet(), X))
    assert report.supported
    assert [node.detail for node in report.nodes[:3]] == ["Convolution2D", "relu", "DepthwiseConvolution2D"]
    assert report.parameters == sum(p.size for p in SmallNet().params()) + 16
    lines = str(report).splitlines()
    assert lines[0] == f"opset 17, IR version 8, {len(report.nodes)} nodes, {report.parameters} weights"
    starts = {line.rindex(node.detail) for line, node in zip(lines[3:], report.nodes, strict=True)}
    assert len(starts) == 1


def test_what_stands_against_a_model() -> None:
    model = one_node("Sinh", {"x": X})
    model.graph.node.append(helper.make_node("Relu", ["y0"], ["z"], name="fine"))
    model.graph.output[0].name = "z"
    report = exporters.inspect(model)
    assert [(node.supported, node.detail) for node in report.nodes] == [
        (False, "operator Sinh is not supported"),
        (True, "relu"),
    ]
    assert str(report).splitlines()[3].startswith("!    0  Sinh")
    assert report.to_dict()["supported"] is False


def test_an_opset_that_is_not_read_stands_against_all() -> None:
    report = exporters.inspect(one_node("Relu", {"x": X}, opset=9))
    assert report.problems == ("the model uses opset 9; opsets 13 to 22 are supported",)
    assert not any(node.supported for node in report.nodes)
    assert "problem  the model uses opset 9" in str(report)


def test_only_a_broken_file_raises() -> None:
    with pytest.raises(exporters.ModelFileError):
        exporters.inspect(b"nonsense")
