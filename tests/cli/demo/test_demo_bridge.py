"""The demo's checks: they hold for what the bridge makes, and notice what is planted."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import dwbridge.links as L
from dwbridge.cli.demo.bridge import Export, load_back, save_and_export
from dwbridge.cli.demo.checks import Check, all_equal, succeeds
from dwbridge.models import DigitsNet


@pytest.fixture
def model() -> L.Classifier:
    return L.Classifier(DigitsNet(width=2))


@pytest.fixture
def export(model: L.Classifier, tmp_path: Path) -> Export:
    return save_and_export(model, tmp_path)


def _held(checks: list[Check]) -> list[bool]:
    return [check.held for check in checks]


def test_what_the_bridge_makes_holds(model: L.Classifier, export: Export) -> None:
    trip = load_back(export, model.predictor)
    assert all(_held(export.checks)), export.checks
    assert all(_held(trip.checks)), trip.checks
    assert len(export.checks) == 5


def test_one_bit_of_one_parameter_is_noticed(model: L.Classifier, export: Export) -> None:
    W = model.predictor.block2.depthwise.W.array
    W.view(np.uint32)[0, 0, 0, 0] ^= 1
    trip = load_back(export, model.predictor)
    assert _held(trip.checks) == [False, True, True]
    assert trip.parameters.found == "22 of 23 parameters"


def test_another_weight_in_the_file_is_noticed(model: L.Classifier, export: Export) -> None:
    written = onnx.load(export.onnx)
    tensor = next(tensor for tensor in written.graph.initializer if tensor.name == "bn/avg_mean")
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) + np.float32(1), tensor.name))
    onnx.save(written, export.onnx)
    assert _held(load_back(export, model.predictor).checks) == [True, True, False]


def test_another_attribute_in_the_file_is_noticed(model: L.Classifier, export: Export) -> None:
    written = onnx.load(export.onnx)
    node = next(node for node in written.graph.node if node.op_type == "BatchNormalization")
    next(attribute for attribute in node.attribute if attribute.name == "epsilon").f = 0.5
    onnx.save(written, export.onnx)
    trip = load_back(export, model.predictor)
    assert not trip.nodes.held
    assert trip.nodes.found == "22 of 23 nodes"


def test_equal_pairs() -> None:
    assert all_equal("c", [(1, 1), (2, 2)], "things") == Check("c", True, "2 of 2 things")
    assert all_equal("c", [], "things") == Check("c", False, "0 of 0 things")


def test_attempts() -> None:
    def fail() -> None:
        raise ValueError("not\n  good")

    assert succeeds("c", fail, "fine") == Check("c", False, "ValueError: not good")
    assert succeeds("c", lambda: None, "fine") == Check("c", True, "fine")
