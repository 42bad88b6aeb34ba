"""The oracles, anchored in what was not written here: onnx.reference, and numbers that were computed by hand."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import oracles
import pytest
from cases import Case, cases_of, operators
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from oracles import oracle_of, paddings, pair
from oracles.batch_normalization import running_statistics

OPSET = 20
Call = Callable[..., Any]


def onnx_node(op_type: str, *arrays: Any, **attributes: Any) -> np.ndarray:
    """The first output of one node, computed by onnx.reference."""
    names = [f"x{i}" for i in range(len(arrays))]
    outputs = ["y", "mean", "var"] if attributes.get("training_mode") else ["y"]
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
        for name, x in zip(names, arrays, strict=True)
    ]
    results = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, None) for name in outputs]
    graph = helper.make_graph([helper.make_node(op_type, names, outputs, **attributes)], "g", inputs, results)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    y, *_ = ReferenceEvaluator(model).run(None, dict(zip(names, arrays, strict=True)))
    return np.asarray(y)


def onnx_pads(pad: Any, stride: Any, cover_all: bool) -> list[int]:
    """Begins, then ends. stride - 1 more rows at the end turn ONNX's floor into cover_all's ceil."""
    (top, bottom), (left, right) = paddings(pad)
    more_y, more_x = (s - 1 if cover_all else 0 for s in pair(stride))
    return [top, left, bottom + more_y, right + more_x]


def conv(x, W, b=None, stride=1, pad=0, cover_all=False, dilate=1, groups=1):
    window = {"strides": pair(stride), "pads": onnx_pads(pad, stride, cover_all), "dilations": pair(dilate)}
    return onnx_node("Conv", x, W, *([] if b is None else [b]), group=groups, **window)


def depthwise_conv(x, W, *b, **keywords):
    multiplier, channels, *_ = W.shape
    filters = np.stack([W[m, c] for c in range(channels) for m in range(multiplier)])[:, None]
    return conv(x, filters, *b, **{"groups": channels, **keywords})


def average_pool(x, ksize, stride=None, pad=0, pad_value=0):
    stride = ksize if stride is None else stride
    window = {"kernel_shape": pair(ksize), "strides": pair(stride), "pads": onnx_pads(pad, stride, False)}
    return onnx_node("AveragePool", x, count_include_pad=int(pad_value == 0), **window)


def max_pool(x, ksize, stride=None, pad=0, cover_all=True):
    stride = ksize if stride is None else stride
    window = {"kernel_shape": pair(ksize), "strides": pair(stride), "pads": onnx_pads(pad, stride, cover_all)}
    return onnx_node("MaxPool", x, **window)


def gemm(x, W, *b, n_batch_axes=1):
    matrix = x.reshape(math.prod(x.shape[:n_batch_axes]), W.shape[1])
    return onnx_node("Gemm", matrix, W, *b, transB=1).reshape(*x.shape[:n_batch_axes], len(W))


def batch_norm_of_batch(x, gamma, beta, eps=2e-5):
    unused = np.zeros_like(gamma), np.ones_like(gamma)
    return onnx_node("BatchNormalization", x, gamma, beta, *unused, epsilon=eps, training_mode=1)


def batch_norm(*arrays, eps=2e-5, decay=0.9):
    return onnx_node("BatchNormalization", *arrays, epsilon=eps, momentum=decay)


def layer_norm(x, gamma, beta, eps=1e-5, axis=1):
    y = onnx_node("LayerNormalization", np.moveaxis(x, axis, -1), gamma, beta, axis=-1, epsilon=eps)
    return np.moveaxis(y, -1, axis)


def swish(x, beta=1.0):
    spread = np.reshape(beta, (*np.shape(beta), *(1 for _ in x.shape[1 + np.ndim(beta) :])))
    return onnx_node("Mul", x, onnx_node("Sigmoid", x * spread))


def reduction(op_type: str) -> Call:
    def reduce(x, axis=None, keepdims=False):
        axes = [] if axis is None else [np.array(axis, np.int64, ndmin=1)]
        return onnx_node(op_type, x, *axes, keepdims=int(keepdims))

    return reduce


def cross_entropy(x, t, ignore_label=-1, reduce="mean"):
    reduction = {"mean": "mean", "no": "none"}[reduce]
    return onnx_node("SoftmaxCrossEntropyLoss", x, t, ignore_index=ignore_label, reduction=reduction)


def matmul(a, b, transa=False, transb=False):
    a = a.swapaxes(-1, -2) if transa and a.ndim > 1 else a
    b = b.swapaxes(-1, -2) if transb and b.ndim > 1 else b
    return onnx_node("MatMul", a, b)


ANCHORS: dict[str, Call] = {
    "depthwise_convolution_2d": depthwise_conv,
    "convolution_2d": conv,
    "average_pooling_2d": average_pool,
    "max_pooling_2d": max_pool,
    "linear": gemm,
    "batch_normalization": batch_norm_of_batch,
    "fixed_batch_normalization": batch_norm,
    "layer_normalization": layer_norm,
    "hard_sigmoid": lambda x, slope=0.2, shift=0.5: onnx_node("HardSigmoid", x, alpha=slope, beta=shift),
    "hard_swish": lambda x: onnx_node("HardSwish", x),
    "swish": swish,
    "gelu": lambda x, approximate="none": onnx_node("Gelu", x, approximate=approximate),
    "erf": lambda x: onnx_node("Erf", x),
    "relu": lambda x: onnx_node("Relu", x),
    "clipped_relu": lambda x, z=20.0: onnx_node("Clip", x, np.array(0.0), np.array(z)),
    "mean": reduction("ReduceMean"),
    "sum": reduction("ReduceSum"),
    "add": lambda *xs: onnx_node("Sum", *xs),
    "sub": lambda x, y: onnx_node("Sub", x, y),
    "mul": lambda x, y: onnx_node("Mul", x, y),
    "div": lambda x, y: onnx_node("Div", x, y),
    "neg": lambda x: onnx_node("Neg", x),
    "power": lambda x, exponent: onnx_node("Pow", x, np.asarray(exponent, np.float64)),
    "absolute": lambda x: onnx_node("Abs", x),
    "exp": lambda x: onnx_node("Exp", x),
    "log": lambda x: onnx_node("Log", x),
    "sqrt": lambda x: onnx_node("Sqrt", x),
    "square": lambda x: onnx_node("Mul", x, x.copy()),
    "floor": lambda x: onnx_node("Floor", x),
    "sin": lambda x: onnx_node("Sin", x),
    "cos": lambda x: onnx_node("Cos", x),
    "tan": lambda x: onnx_node("Tan", x),
    "tanh": lambda x: onnx_node("Tanh", x),
    "sigmoid": lambda x: onnx_node("Sigmoid", x),
    "leaky_relu": lambda x, slope=0.2: onnx_node("LeakyRelu", x, alpha=slope),
    "log_softmax": lambda x, axis=1: onnx_node("LogSoftmax", x, axis=axis),
    "transpose": lambda x, axes=None: onnx_node(
        "Transpose", x, perm=None if axes is None else [a % x.ndim for a in axes]
    ),
    "matmul": matmul,
    "reshape": lambda x, shape: onnx_node("Reshape", x, np.array(shape, np.int64), allowzero=1),
    "flatten": lambda x: onnx_node("Reshape", x, np.array([-1])),
    "identity": lambda x: onnx_node("Identity", x),
    "cast": lambda x, typ: onnx_node("Cast", x, to=helper.np_dtype_to_tensor_dtype(np.dtype(typ))),
    "broadcast_to": lambda x, shape: onnx_node("Expand", x, np.array(shape, np.int64)),
    "softmax": lambda x, axis=1: onnx_node("Softmax", x, axis=axis),
    "softmax_cross_entropy": cross_entropy,
}
#: operators whose constants ONNX keeps, or whose reference computes, in float32
IN_FLOAT32 = {"erf", "gelu", "hard_sigmoid", "hard_swish"}
BY_HAND = {"accuracy", "dropout", "get_item", "sum_to"}


def onnx_says_the_same(operator: str, case: Case) -> bool:
    keywords = case.keywords
    if operator.endswith("pooling_2d"):
        return case.no_export is None
    if operator.endswith("batch_normalization"):  # ONNX has one channel axis, the second.
        return "axis" not in keywords and len(case.inputs[1].shape) == 1
    if operator == "softmax_cross_entropy":  # ONNX divides by the sum of weights, or by all labels, and 0 by 0.
        return not keywords.keys() & {"normalize", "class_weight"} and case.name not in {"all-ignored", "batch-0"}
    if operator == "leaky_relu":  # ONNX keeps the slope as float32, which rounds 0.2.
        return "slope" in keywords
    return True


ANCHORED = [
    pytest.param(o, c, id=f"{o}-{c.name}") for o in sorted(ANCHORS) for c in cases_of(o) if onnx_says_the_same(o, c)
]


@pytest.mark.parametrize(("operator", "case"), ANCHORED)
def test_oracle_equals_onnx_reference(operator: str, case: Case) -> None:
    arrays, keywords = case.draw_arrays("float64", np.random.default_rng(0)), case.keywords_as("float64")
    expected = ANCHORS[operator](*arrays, **keywords)
    actual = oracle_of(operator)(*arrays, **keywords)
    assert actual.shape == expected.shape
    tolerance = 1e-6 if operator in IN_FLOAT32 else 1e-10
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def test_every_oracle_is_anchored() -> None:
    assert set(operators()) == set(ANCHORS) | BY_HAND


def test_oracles_share_no_code_with_what_they_judge() -> None:
    sources = list(Path(oracles.__file__).parent.glob("*.py"))
    assert len(sources) > len(operators())
    for source in sources:
        assert not re.search(r"^\s*(from|import) dwbridge", source.read_text(), re.MULTILINE), source.name


def assert_oracle(operator: str, expected: Any, *arrays: Any, **keywords: Any) -> None:
    actual = oracle_of(operator)(*(np.array(x) for x in arrays), **keywords)
    np.testing.assert_allclose(actual, np.array(expected, np.float64), rtol=1e-14)


class TestByHand:
    def test_depthwise_output_channel_is_c_times_multiplier_plus_m(self) -> None:
        W = [[[[1.0]], [[10.0]]], [[[100.0]], [[1000.0]]]]
        assert_oracle("depthwise_convolution_2d", [[[[2]], [[200]], [[30]], [[3000]]]], [[[[2.0]], [[3.0]]]], W)

    def test_average_of_a_corner_counts_padding_or_not(self) -> None:
        image = [[[[1.0, 2.0], [3.0, 4.0]]]]
        assert_oracle("average_pooling_2d", [[[[0.25, 0.5], [0.75, 1.0]]]], image, ksize=2, pad=1)
        assert_oracle("average_pooling_2d", [[[[1.0, 2.0], [3.0, 4.0]]]], image, ksize=2, pad=1, pad_value=None)

    def test_cover_all_adds_a_window_for_the_last_column(self) -> None:
        image = [[[[1.0, 5.0, 2.0, 3.0, 4.0]]]]
        assert_oracle("max_pooling_2d", [[[[5, 3]]]], image, ksize=(1, 2), cover_all=False)
        assert_oracle("max_pooling_2d", [[[[5, 3, 4]]]], image, ksize=(1, 2))

    def test_a_window_without_a_pixel_has_maximum_minus_infinity(self) -> None:
        assert_oracle("max_pooling_2d", [[[[-math.inf, 7, -math.inf]]]], [[[[7.0]]]], ksize=1, pad=(0, 1))

    def test_cross_entropy_of_labels_by_their_probability(self) -> None:
        x = [[0.0, 0.0], [0.0, math.log(3)]]
        assert_oracle("softmax_cross_entropy", [math.log(2), math.log(4 / 3)], x, [0, 1], reduce="no")
        assert_oracle("softmax_cross_entropy", (math.log(2) + math.log(4)) / 2, x, [1, 0])

    def test_cross_entropy_divides_by_counted_labels_or_by_the_batch_size(self) -> None:
        x, t = np.zeros((2, 2, 1, 3)), [[[0, 1, -1]], [[-1, 1, 0]]]
        assert_oracle("softmax_cross_entropy", math.log(2), x, t)
        assert_oracle("softmax_cross_entropy", 4 * math.log(2) / 2, x, t, normalize=False)

    def test_cross_entropy_weights_do_not_enter_the_divisor(self) -> None:
        weights = np.array([1.0, 3.0])
        assert_oracle("softmax_cross_entropy", 2 * math.log(2), np.zeros((2, 2)), [0, 1], class_weight=weights)

    def test_cross_entropy_of_nothing_is_zero(self) -> None:
        assert_oracle("softmax_cross_entropy", 0.0, np.zeros((2, 3)), [-1, -1])
        assert_oracle("softmax_cross_entropy", 0.0, np.zeros((0, 3)), np.zeros(0, np.int32))

    def test_error_function_and_what_is_made_of_it(self) -> None:
        assert_oracle("erf", [0.0, 0.8427007929497149, -1.0], [0.0, 1.0, -7.0])
        assert_oracle("gelu", [0.8413447460685429, -0.15865525393145707], [1.0, -1.0])

    def test_accuracy(self) -> None:
        y = [[0.1, 0.7, 0.2], [8.0, 1.0, 2.0], [-8.0, 1.0, 2.0], [-8.0, -1.0, -2.0]]
        assert_oracle("accuracy", 0.75, y, [1, 0, 2, 0])
        assert_oracle("accuracy", 0.5, y, [1, 2, 0, 1])
        assert_oracle("accuracy", 2 / 3, y, [1, 2, 0, 1], ignore_label=0)
        assert_oracle("accuracy", 0.0, y, [0, 0, 0, 0], ignore_label=0)

    def test_accuracy_of_equal_scores_takes_the_first(self) -> None:
        assert_oracle("accuracy", 1.0, [[2.0, 2.0]], [0])

    def test_accuracy_with_labels_in_space(self) -> None:
        assert_oracle("accuracy", 0.5, [[[1.0, 4.0], [2.0, 3.0]]], [[1, 1]])

    def test_sum_to(self) -> None:
        x = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
        assert_oracle("sum_to", [[5, 7, 9]], x, shape=(1, 3))
        assert_oracle("sum_to", [[6], [15]], x, shape=(2, 1))
        assert_oracle("sum_to", [5, 7, 9], x, shape=(3,))
        assert_oracle("sum_to", 21, x, shape=())

    def test_running_statistics_take_the_unbiased_variance(self) -> None:
        mean, var = running_statistics(np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1), np.ones(1), decay=0.9)
        np.testing.assert_allclose([mean[0], var[0]], [0.2, 0.9 + 0.1 * 2], rtol=1e-14)

    def test_get_item(self) -> None:
        x = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
        assert_oracle("get_item", [4, 5, 6], x, slices=1)
        assert_oracle("get_item", [[3, 2, 1], [6, 5, 4]], x, slices=(slice(None), slice(None, None, -1)))
        assert_oracle("get_item", [[4, 5, 6], [1, 2, 3], [4, 5, 6]], x, slices=[1, 0, 1])
        assert_oracle("get_item", [3, 4], x, slices=([0, 1], [2, 0]))

    def test_dropout_is_the_identity_at_ratio_0_and_refuses_others(self) -> None:
        assert_oracle("dropout", [1.0, 2.0], [1.0, 2.0], ratio=0.0)
        with pytest.raises(AssertionError, match=r"ratio=0\.5"):
            oracle_of("dropout")(np.ones(2))
