"""Inputs: the same for the same seed, of the shapes that the graph and the user give."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from dwbridge import Variable
from dwbridge.exporters import BridgeError
from dwbridge.exporters.graph_reader import Graph
from dwbridge.exporters.verification.feeds import given_feed, random_feeds


def graph_of(elem_type: int = TensorProto.FLOAT, **shapes: Any) -> Graph:
    inputs = [helper.make_tensor_value_info(name, elem_type, shape) for name, shape in shapes.items()]
    output = helper.make_tensor_value_info("y", elem_type, None)
    node = helper.make_node("Sum", list(shapes), ["y"])
    proto: onnx.GraphProto = helper.make_graph([node], "sum", inputs, [output])
    return Graph.of(helper.make_model(proto, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))


def shapes_of(graph: Graph, *args: Any, batches: tuple[int, ...] = (3,)) -> list[tuple[int, ...]]:
    (feed,) = random_feeds(graph, batches, 0, *args)
    return [array.shape for array in feed.arrays.values()]


def test_a_feed_depends_on_its_seed_and_batch_alone() -> None:
    graph = graph_of(x=["n", 4])
    alone, among = random_feeds(graph, (2,), 5)[0], random_feeds(graph, (1, 7, 2), 5)[2]
    np.testing.assert_array_equal(alone.arrays["x"], among.arrays["x"])
    assert (random_feeds(graph, (2,), 6)[0].arrays["x"] != alone.arrays["x"]).any()


def test_a_batch_of_none_is_a_batch() -> None:
    assert shapes_of(graph_of(x=["n", 4]), batches=(0,)) == [(0, 4)]


def test_a_symbol_has_one_size_wherever_it_stands() -> None:
    assert shapes_of(graph_of(x=["n", 4], z=["n", "n"])) == [(3, 4), (3, 3)]


@pytest.mark.parametrize("unknown", [None, "?", -1])
def test_unknown_sizes_are_not_equal_because_neither_has_a_name(unknown: Any) -> None:
    with pytest.raises(BridgeError, match=r"came none for 'axis 2 of x'; give input_shapes"):
        random_feeds(graph_of(x=[unknown, 4, unknown]), (3,), 0)


def test_a_fixed_batch_gives_one_feed() -> None:
    (feed,) = random_feeds(graph_of(x=[5, 4]), (1, 2, 7), 0)
    assert (feed.batch, feed.inputs) == (5, "random")
    assert random_feeds(graph_of(x=[5, 4]), (), 0) == []


def test_given_sizes() -> None:
    graph = graph_of(x=["n", 4, "w"])
    assert shapes_of(graph, (None, 4, 6)) == [(3, 4, 6)]
    assert shapes_of(graph, {"x": ("n", 4, 6)}) == [(3, 4, 6)]
    assert shapes_of(graph, (2, 4, 6)) == [(2, 4, 6)]


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ((None, 5, 6), r"input 'x': expected a shape that fits \(n, 4, w\), came \(None, 5, 6\)"),
        ((None, 4), "expected a shape that fits"),
        ({"z": (1, 4, 6)}, r"expected names among the inputs \['x'\], came \['z'\]"),
    ],
)
def test_sizes_that_do_not_fit(shapes: Any, message: str) -> None:
    with pytest.raises(BridgeError, match=message):
        random_feeds(graph_of(x=["n", 4, "w"]), (3,), 0, shapes)


def test_one_shape_for_two_inputs_is_not_enough() -> None:
    with pytest.raises(BridgeError, match="expected a shape for each of the inputs"):
        random_feeds(graph_of(x=["n"], z=["n"]), (3,), 0, (3,))


def test_integers_are_not_drawn() -> None:
    with pytest.raises(BridgeError, match=r"input 'x': expected a floating type .*, came int64; give args"):
        random_feeds(graph_of(TensorProto.INT64, x=["n"]), (3,), 0)


def test_given_arrays_and_variables() -> None:
    x = np.ones((2, 4), "f")
    for args in (x, Variable(x), [x], (x,), {"x": x}):
        feed = given_feed(graph_of(x=["n", 4]), args)
        assert (feed.batch, feed.inputs) == (2, "given")
        np.testing.assert_array_equal(feed.arrays["x"], x)
