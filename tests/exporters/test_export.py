"""Export: names, options, files, and what is refused."""

import io
import itertools

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from small_models import SmallNet, trained_statistics

from dwbridge import Chain, exporters
from dwbridge import functions as F
from dwbridge import links as L
from dwbridge.autograd import FunctionNode, Variable

X = np.random.default_rng(0).normal(size=(2, 3, 9, 8)).astype("f")


def attributes(node: onnx.NodeProto) -> dict[str, object]:
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def initializers(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def test_a_network_as_a_plain_graph() -> None:
    net = trained_statistics(SmallNet())
    model = exporters.export(net, X)
    nodes = [node for node in model.graph.node if node.op_type != "Constant"]
    assert [(node.op_type, node.name) for node in nodes] == [
        ("Conv", "stem/Conv"),
        ("Relu", "Relu_0"),
        ("Conv", "block/dw/Conv"),
        ("BatchNormalization", "block/bn/BatchNormalization"),
        ("Clip", "Clip_0"),
        ("Conv", "block/pw/Conv"),
        ("Mul", "Mul_0"),
        ("Add", "Add_0"),
        ("ReduceMean", "ReduceMean_0"),
        ("Gemm", "fc/Gemm"),
    ]
    depthwise = nodes[2]
    assert list(depthwise.input) == ["Relu_0", "block/dw/W"]
    assert attributes(depthwise) == {
        "group": 4,
        "kernel_shape": [3, 3],
        "strides": [2, 2],
        "pads": [1, 1, 1, 1],
        "dilations": [1, 1],
    }
    weights = initializers(model)
    assert set(weights) == {path.lstrip("/") for path, _ in net.namedparams()} | {
        "block/bn/avg_mean",
        "block/bn/avg_var",
    }
    W = net.block.dw.W.array
    assert weights["block/dw/W"].shape == (8, 1, 3, 3)
    for c, m in itertools.product(range(4), range(2)):
        np.testing.assert_array_equal(weights["block/dw/W"][c * 2 + m, 0], W[m, c])
    np.testing.assert_array_equal(weights["block/bn/avg_mean"], net.block.bn.avg_mean)
    assert (model.opset_import[0].version, model.ir_version, model.producer_name) == (17, 8, "dwbridge")


def test_the_batch_is_symbolic_from_end_to_end() -> None:
    model = exporters.export(trained_statistics(SmallNet()), X)
    for value, shape in ((model.graph.input[0], ["batch", 3, 9, 8]), (model.graph.output[0], ["batch", 5])):
        dims = value.type.tensor_type.shape.dim
        assert [dim.dim_param or dim.dim_value for dim in dims] == shape
    run = exporters.runtimes.RUNTIMES["onnxruntime-cpu"].prepare(model)
    for n in (1, 2, 7):
        assert run({"input": np.zeros((n, 3, 9, 8), "f")})[0].shape == (n, 5)


def test_exporting_leaves_the_link_as_it_was() -> None:
    net = trained_statistics(SmallNet())
    before = {path: p.array.copy() for path, p in net.namedparams()}
    mean = net.block.bn.avg_mean.copy()
    exporters.export(net, X)
    for path, p in net.namedparams():
        np.testing.assert_array_equal(p.array, before[path])
    np.testing.assert_array_equal(net.block.bn.avg_mean, mean)


def test_deferred_parameters_are_initialised_by_the_example() -> None:
    link = L.DepthwiseConvolution2D(None, 2, 3)
    exporters.export(link, X)
    assert link.W.shape == (2, 3, 3, 3)


def test_names_and_shapes_can_be_given() -> None:
    model = exporters.export(
        SmallNet(), X, input_names=["image"], output_names="scores", input_shapes=("n", 3, "h", "w"), graph_name="small"
    )
    assert (model.graph.input[0].name, model.graph.output[0].name, model.graph.name) == ("image", "scores", "small")
    assert [d.dim_param or d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim] == ["n", 3, "h", "w"]
    run = exporters.runtimes.RUNTIMES["onnxruntime-cpu"].prepare(model)
    assert run({"image": np.zeros((3, 3, 20, 30), "f")})[0].shape == (3, 5)


def test_to_a_path_and_to_a_file_object(tmp_path: object) -> None:
    path = tmp_path / "m.onnx"  # type: ignore[operator]
    buffer = io.BytesIO()
    net = SmallNet()
    model = exporters.export(net, X, filename=path)
    exporters.export(net, X, filename=buffer)
    assert path.read_bytes() == buffer.getvalue() == model.SerializeToString(deterministic=True)
    assert [p.name for p in tmp_path.iterdir()] == ["m.onnx"]  # type: ignore[attr-defined]


def test_without_parameters_they_are_inputs() -> None:
    model = exporters.export(L.DepthwiseConvolution2D(3, 2, 3), X, export_params=False)
    assert [value.name for value in model.graph.input] == ["input", "W", "b"]
    assert not model.graph.initializer


def test_several_inputs_and_outputs() -> None:
    class TwoByTwo(Chain):
        def forward(self, a: Variable, b: Variable) -> dict[str, object]:
            return {"sum": a + b, "pair": (a, F.relu(b))}

    model = exporters.export(TwoByTwo(), (X, X))
    assert [value.name for value in model.graph.input] == ["input_0", "input_1"]
    assert [value.name for value in model.graph.output] == ["output_0", "output_1", "output_2"]
    results = exporters.runtimes.RUNTIMES["onnxruntime-cpu"].prepare(model)({"input_0": X, "input_1": -X})
    for result, expected in zip(results, (0 * X, X, np.maximum(-X, 0)), strict=True):
        np.testing.assert_array_equal(result, expected)


def test_one_value_as_two_outputs() -> None:
    class Twice(Chain):
        def forward(self, x: Variable) -> tuple[Variable, Variable]:
            y = F.relu(x)
            return y, y

    model = exporters.export(Twice(), X)
    results = exporters.runtimes.RUNTIMES["onnxruntime-cpu"].prepare(model)({"input": X})
    np.testing.assert_array_equal(results[0], results[1])


def test_a_link_called_twice_writes_its_parameters_once() -> None:
    class Tied(Chain):
        def __init__(self) -> None:
            super().__init__()
            with self.init_scope():
                self.dw = L.DepthwiseConvolution2D(3, 1, 3, pad=1)

        def forward(self, x: Variable) -> Variable:
            return self.dw(self.dw(x))

    model = exporters.export(Tied(), X)
    assert [node.name for node in model.graph.node] == ["dw/Conv", "dw/Conv_1"]
    assert set(initializers(model)) == {"dw/W", "dw/b"}
    network = exporters.load(model)
    assert len(list(network.params())) == 2
    assert exporters.export(network).SerializeToString() == model.SerializeToString()


def test_arrays_passed_on_bare_stay_connected() -> None:
    class Bare(Chain):
        def forward(self, x: Variable) -> Variable:
            return F.relu(F.neg(x).array)

    assert [node.op_type for node in exporters.export(Bare(), X).graph.node] == ["Neg", "Relu"]


def test_what_does_not_reach_an_output_is_left_out() -> None:
    class Wasteful(Chain):
        def forward(self, x: Variable) -> Variable:
            F.sum(F.relu(x))
            return F.neg(x)

    assert [node.op_type for node in exporters.export(Wasteful(), X).graph.node] == ["Neg"]


@pytest.mark.parametrize("opset", [12, 23, 1])
def test_other_opsets_are_refused(opset: int) -> None:
    with pytest.raises(exporters.BridgeError, match=f"opset_version must be 13 to 22, got {opset}"):
        exporters.export(SmallNet(), X, opset_version=opset)


def test_training_mode_is_refused() -> None:
    with pytest.raises(exporters.UnsupportedError, match="train must be False"):
        exporters.export(SmallNet(), X, train=True)


def test_every_function_without_translation_is_listed_and_nothing_is_written(tmp_path: object) -> None:
    class Odd(FunctionNode):
        def forward(self, inputs: tuple) -> tuple:
            return (inputs[0],)

    class Net(Chain):
        def forward(self, x: Variable) -> Variable:
            (y,) = Odd().apply((F.relu(x),))
            (z,) = Odd().apply((y,))
            return z

    with pytest.raises(exporters.UnsupportedError) as caught:
        exporters.export(Net(), X, filename=tmp_path / "m.onnx")  # type: ignore[operator]
    assert caught.value.problems == [
        "function 1 (Odd): cannot be exported: no translation is known",
        "function 2 (Odd): cannot be exported: no translation is known",
    ]
    assert not list(tmp_path.iterdir())  # type: ignore[attr-defined]


def test_a_parameter_of_another_type_is_refused() -> None:
    link = L.DepthwiseConvolution2D(3, 2, 3, nobias=True)
    link.W.array = link.W.array.astype(np.float64)
    with pytest.raises(exporters.UnsupportedError, match="parameter 'W' is float64, the network computes in float32"):
        exporters.export(link, X)


def test_weights_that_are_computed_are_refused_for_depthwise() -> None:
    class Dynamic(Chain):
        def forward(self, x: Variable, W: Variable) -> Variable:
            return F.depthwise_convolution_2d(x, F.neg(W))

    with pytest.raises(exporters.UnsupportedError, match="the weights are computed by the network"):
        exporters.export(Dynamic(), (X, np.zeros((2, 3, 3, 3), "f")))


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"args": None}, "export needs example inputs"),
        ({"args": [[1.0]]}, "example inputs must be arrays or variables, got list"),
        ({"input_names": ["a", "b"]}, "expected 1 different input names"),
        ({"input_shapes": ("n", 4, 9, 8)}, r"input shape \('n', 4, 9, 8\) does not fit the example's \(2, 3, 9, 8\)"),
        ({"input_shapes": [("n", 3, 9, 8), ("n",)]}, "expected 1 input shapes, got 2"),
    ],
)
def test_arguments_that_do_not_fit(keywords: dict, message: str) -> None:
    with pytest.raises(exporters.BridgeError, match=message):
        exporters.export(SmallNet(), **{"args": X, **keywords})


def test_a_link_that_returns_no_variable() -> None:
    class Wrong(Chain):
        def forward(self, x: Variable) -> float:
            return 1.0

    with pytest.raises(exporters.BridgeError, match="the link must return variables, it returned float"):
        exporters.export(Wrong(), X)
