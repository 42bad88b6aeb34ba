"""Load: forms of files, names, training on, and what is refused with which words."""

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from small_models import SmallNet, one_node, trained_statistics

from dwbridge import exporters
from dwbridge import functions as F
from dwbridge import links as L
from dwbridge.configuration import using_config
from dwbridge.optimizers import SGD

RNG = np.random.default_rng(1)
X = RNG.normal(size=(2, 4, 7, 6)).astype("f")
W = RNG.normal(size=(8, 1, 3, 3)).astype("f")
B = RNG.normal(size=8).astype("f")


def onnxruntime(model: onnx.ModelProto, **feeds: np.ndarray) -> np.ndarray:
    return exporters.runtimes.RUNTIMES["onnxruntime-cpu"].prepare(model)(feeds)[0]


def renamed(model: onnx.ModelProto, names: dict[str, str]) -> onnx.ModelProto:
    """The model with other names for its tensors."""
    for tensor in model.graph.initializer:
        tensor.name = names.get(tensor.name, tensor.name)
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
    return model


def test_a_loaded_network_computes_the_same_and_exports_the_same_bytes() -> None:
    net = trained_statistics(SmallNet())
    model = exporters.export(net, np.zeros((2, 3, 9, 8), "f"), opset_version=18, graph_name="small")
    network = exporters.load(model)
    x = RNG.normal(size=(3, 3, 9, 8)).astype("f")
    with using_config("train", False):
        np.testing.assert_array_equal(network(x).array, net(x).array)
    assert exporters.export(network).SerializeToString() == model.SerializeToString()
    ours, theirs = dict(net.namedparams()), dict(network.namedparams())
    assert ours.keys() == theirs.keys()
    for path, p in ours.items():
        assert p.array.tobytes() == theirs[path].array.tobytes()
    assert isinstance(network.block.dw, L.DepthwiseConvolution2D)
    np.testing.assert_array_equal(network.block.bn.avg_var, net.block.bn.avg_var)


def test_a_loaded_network_trains() -> None:
    network = exporters.load(exporters.export(trained_statistics(SmallNet()), np.zeros((1, 3, 9, 8), "f")))
    x, t = RNG.normal(size=(8, 3, 9, 8)).astype("f"), RNG.integers(0, 5, 8).astype("i")
    optimizer = SGD(lr=0.05).setup(network)
    losses = []
    mean = network.block.bn.avg_mean.copy()
    for _ in range(10):
        loss = F.softmax_cross_entropy(network(x), t)
        network.cleargrads()
        loss.backward()
        optimizer.update()
        losses.append(float(loss.array))
    assert losses[-1] < losses[0]
    assert (network.block.bn.avg_mean != mean).all()


def test_from_a_path_and_from_bytes(tmp_path: object) -> None:
    path = tmp_path / "m.onnx"  # type: ignore[operator]
    exporters.export(SmallNet(), np.zeros((1, 3, 9, 8), "f"), filename=path)
    for source in (path, str(path), path.read_bytes()):
        assert exporters.load(source).input_names == ("input",)


def test_names_of_another_style_are_kept() -> None:
    names = {"w": "features.0.conv.weight", "b": "features.0.conv.bias"}
    model = renamed(one_node("Conv", {"x": X}, {"w": W, "b": B}, group=4, kernel_shape=[3, 3]), names)
    network = exporters.load(model)
    assert [path for path, _ in network.namedparams()] == ["/features/_0/conv/W", "/features/_0/conv/b"] or [
        path for path, _ in network.namedparams()
    ] == ["/features/0/conv/W", "/features/0/conv/b"]
    again = exporters.export(network)
    assert {tensor.name for tensor in again.graph.initializer} == set(names.values())
    assert [value.name for value in (*again.graph.input, *again.graph.output)] == ["x", "y0"]
    np.testing.assert_array_equal(onnxruntime(again, x=X), onnxruntime(model, x=X))


@pytest.mark.parametrize("name", ["copy/W", "params.weight", "name", "a b/c:d", "x/y/W"])
def test_names_that_a_chain_cannot_have(name: str) -> None:
    model = renamed(one_node("Conv", {"x": X}, {"w": W}, group=4), {"w": name})
    network = exporters.load(model)
    assert {tensor.name for tensor in exporters.export(network).graph.initializer} == {name}


def test_weights_from_constant_nodes_are_parameters() -> None:
    model = one_node("Conv", {"x": X}, {"w": W, "b": B}, group=4, as_constant_nodes=True)
    network = exporters.load(model)
    assert len(list(network.params())) == 2
    with using_config("train", False):
        np.testing.assert_allclose(network(X).array, onnxruntime(model, x=X), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("op_type", "constants", "attributes"),
    [
        ("Conv", {"w": W}, {"group": 4}),
        ("Conv", {"w": W, "b": B}, {"group": 4, "auto_pad": "SAME_UPPER"}),
        ("Conv", {"w": W[..., :2, :2].copy()}, {"group": 4, "auto_pad": "SAME_LOWER"}),
        ("Conv", {"w": W}, {"group": 4, "auto_pad": "VALID", "strides": [2, 1]}),
        ("Conv", {"w": W}, {"group": 4, "pads": [0, 1, 2, 0], "dilations": [2, 1]}),
        ("Conv", {"w": RNG.normal(size=(6, 2, 3, 1)).astype("f")}, {"group": 2}),
        ("GlobalAveragePool", {}, {}),
        ("Flatten", {}, {}),
        ("Flatten", {}, {"axis": 2}),
        ("Flatten", {}, {"axis": -1}),
        ("Dropout", {}, {}),
        ("Identity", {}, {}),
        ("Reshape", {"s": np.array([0, -1, 3])}, {}),
        ("Reshape", {"s": np.array([-1])}, {}),
        ("Expand", {"s": np.array([3, 1, 4, 1, 6])}, {}),
        ("AveragePool", {}, {"kernel_shape": [3, 2], "pads": [1, 0, 1, 1]}),
        ("MaxPool", {}, {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}),
        ("ReduceMean", {}, {"axes": [2, 3], "keepdims": 0}),
        ("ReduceMean", {}, {}),
        ("ReduceSum", {"a": np.array([-1])}, {}),
        ("Softmax", {}, {}),
        ("Clip", {"lo": np.array(0, "f")}, {}),
        ("Clip", {"lo": np.array(0, "f"), "hi": np.array(0.5, "f")}, {}),
        ("Pow", {"e": np.array(2, "f")}, {}),
        ("Mul", {"s": RNG.normal(size=(1, 4, 1, 1)).astype("f")}, {}),
        (
            "BatchNormalization",
            {"g": B[:4].copy(), "s": B[4:].copy(), "m": B[:4].copy(), "v": np.abs(B[4:])},
            {"epsilon": 0.01, "momentum": 0.8},
        ),
    ],
)
def test_forms_of_files(op_type: str, constants: dict, attributes: dict) -> None:
    model = one_node(op_type, {"x": X}, constants, **attributes)
    expected = onnxruntime(model, x=X)
    with using_config("train", False):
        y = exporters.load(model)(X).array
    assert (y.shape, y.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    again = exporters.export(exporters.load(model))
    np.testing.assert_allclose(onnxruntime(again, x=X), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("trans_b", [0, 1])
def test_gemm_in_both_layouts(trans_b: int) -> None:
    x, matrix = RNG.normal(size=(3, 4)).astype("f"), RNG.normal(size=(5, 4)).astype("f")
    constants = {"w": matrix if trans_b else matrix.T.copy(), "b": RNG.normal(size=(1, 5)).astype("f")}
    model = one_node("Gemm", {"x": x}, constants, transB=trans_b)
    network = exporters.load(model)
    np.testing.assert_allclose(network(x).array, onnxruntime(model, x=x), rtol=1e-5)


def test_a_scale_that_is_an_initializer_is_trained_and_one_that_is_constant_is_not() -> None:
    scale = {"block.scale": np.full((1, 4, 1, 1), 2, "f")}
    network = exporters.load(one_node("Mul", {"x": X}, scale))
    assert [path for path, _ in network.namedparams()] == ["/block/scale"]
    F.sum(network(X)).backward()
    np.testing.assert_allclose(network.block.scale.grad.ravel(), X.sum(axis=(0, 2, 3)), rtol=1e-4)
    assert not list(exporters.load(one_node("Mul", {"x": X}, scale, as_constant_nodes=True)).params())


def test_initializers_listed_as_inputs_are_parameters() -> None:
    model = one_node("Conv", {"x": X}, {"w": W}, group=4)
    model.graph.input.append(helper.make_tensor_value_info("w", 1, W.shape))
    network = exporters.load(model)
    assert network.input_names == ("x",)
    assert len(list(network.params())) == 1


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (one_node("Sinh", {"x": X}), r"node 0 \(Sinh 'the_node'\): operator Sinh is not supported"),
        (one_node("Conv", {"x": X, "w": W}, group=4), r"the weights \('w'\) is computed: expected an initializer"),
        (one_node("Conv", {"x": X[:, :, 0]}, {"w": W[..., 0].copy()}, group=4), "expected weights of 4 dimensions"),
        (one_node("Conv", {"x": X}, {"w": W[:6]}, group=4), r"6 output channels .* are not divisible by group \(=4\)"),
        (one_node("Conv", {"x": X}, {"w": W, "b": B[:3]}, group=4), r"expected a bias of shape \(8,\), got \(3,\)"),
        (one_node("Conv", {"x": X}, {"w": W}, group=4, auto_pad="SAME_UPPER", strides=[2, 2]), "pads by the size"),
        (one_node("MaxPool", {"x": X}, kernel_shape=[2, 2], outputs=2), "the output of indices is not supported"),
        (one_node("AveragePool", {"x": X}, kernel_shape=[2, 2], ceil_mode=1), "ceil_mode = 1"),
        (one_node("Clip", {"x": X}, {"lo": np.array(-1, "f")}), "expected a lower end of 0, got -1.0"),
        (one_node("Gemm", {"x": X[0, 0]}, {"w": X[0, 0]}, transB=1, alpha=2.0), "expected alpha = 1"),
        (one_node("Cast", {"x": X}, to=6), "expected a cast to a floating type, got int32"),
        (one_node("Reshape", {"x": X, "s": np.array([1, -1])}), r"the shape \('s'\) is computed"),
        (one_node("Relu", {"x": X}, opset=12), "the model uses opset 12; opsets 13 to 22 are supported"),
        (
            one_node(
                "BatchNormalization",
                {"x": X},
                {"g": B[:4], "s": B[:4], "m": B[:4], "v": B[:4] ** 2},
                outputs=3,
                training_mode=1,
            ),
            "training_mode = 1: expected a graph exported for inference",
        ),
        (
            one_node("BatchNormalization", {"x": X}, {"g": B[:4], "s": B[:4], "m": B[:4], "v": -np.abs(B[:4])}),
            "the variance is negative",
        ),
    ],
)
def test_what_is_not_taken(model: onnx.ModelProto, message: str) -> None:
    with pytest.raises(exporters.UnsupportedError, match=message):
        exporters.load(model)
    report = exporters.inspect(model)
    assert not report.supported
    import re

    assert re.search(message.split("): ")[-1], str(report))


def test_every_problem_is_listed() -> None:
    model = one_node("Sinh", {"x": X})
    model.graph.node.append(helper.make_node("Asinh", ["y0"], ["z"], name="second"))
    model.graph.output[0].name = "z"
    with pytest.raises(exporters.UnsupportedError) as caught:
        exporters.load(model)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "node 0 (Sinh 'the_node')",
        "node 1 (Asinh 'second')",
    ]


def test_a_tensor_shared_by_different_nodes_is_refused() -> None:
    model = one_node("Conv", {"x": X}, {"w": W}, group=4)
    model.graph.node.append(helper.make_node("Conv", ["x", "w"], ["z"], name="other", group=4, pads=[1, 1, 1, 1]))
    model.graph.output.append(helper.make_tensor_value_info("z", 1, [2, 8, 7, 6]))
    with pytest.raises(exporters.UnsupportedError, match=r"node 1 .*initializer 'w' also belongs to node 0"):
        exporters.load(model)


def test_inputs_that_do_not_fit() -> None:
    network = exporters.load(one_node("Conv", {"x": X}, {"w": W}, group=4))
    with pytest.raises(exporters.BridgeError, match=r"input 'x' must be float32 of shape \(2, 4, 7, 6\), got float64"):
        network(X.astype(np.float64))
    with pytest.raises(exporters.BridgeError, match=r"got float32 of shape \(2, 5, 7, 6\)"):
        network(np.zeros((2, 5, 7, 6), "f"))
    with pytest.raises(exporters.BridgeError, match=r"expected 1 inputs \['x'\], got 2"):
        network(X, X)
    with pytest.raises(exporters.BridgeError, match=r"missing \['x'\]"):
        network.compute({})


def test_compute_gives_every_value() -> None:
    net = trained_statistics(SmallNet())
    model = exporters.export(net, np.zeros((1, 3, 9, 8), "f"))
    values = exporters.load(model).compute({"input": np.zeros((2, 3, 9, 8), "f")})
    for node in model.graph.node:
        assert node.op_type == "Constant" or node.output[0] in values
    assert numpy_helper.to_array(model.graph.initializer[0]).dtype == values["output"].dtype


def test_names_of_nodes_and_values_are_kept() -> None:
    model = exporters.export(trained_statistics(SmallNet()), np.zeros((1, 3, 9, 8), "f"))
    for node in model.graph.node:
        node.name = node.name.replace("Relu_0", "first activation").replace("ReduceMean_0", "")
        for names in (node.input, node.output):
            names[:] = [name.replace("Relu_0", "h1").replace("Add_0", "h2") for name in names]
    again = exporters.export(exporters.load(model))
    ours = [(n.op_type, n.name, list(n.input), list(n.output)) for n in model.graph.node if n.op_type != "ReduceMean"]
    theirs = [(n.op_type, n.name, list(n.input), list(n.output)) for n in again.graph.node if n.op_type != "ReduceMean"]
    assert theirs == ours
    assert {n.name for n in again.graph.node} >= {"first activation", "ReduceMean_0"}
