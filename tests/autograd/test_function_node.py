"""FunctionNode: application, type checks, hooks and recording."""

import numpy as np
import pytest

from dwbridge import functions as F
from dwbridge.autograd import FunctionHook, FunctionNode, Variable, recording
from dwbridge.autograd.type_check import InvalidType
from dwbridge.configuration import using_config


class Double(FunctionNode):
    def forward(self, inputs: tuple) -> tuple:
        return (inputs[0] * 2,)

    def backward(self, indexes: tuple, gys: tuple) -> tuple:
        return (gys[0] * 2,)


class Recorder(FunctionHook):
    name = "Recorder"

    def __init__(self) -> None:
        self.events: list[str] = []

    def added(self, function: object) -> None:
        self.events.append("added")

    def deleted(self, function: object) -> None:
        self.events.append("deleted")

    def forward_preprocess(self, function: FunctionNode, in_data: object) -> None:
        self.events.append(f"before {function.label}")

    def forward_postprocess(self, function: FunctionNode, in_data: object) -> None:
        self.events.append(f"after {function.label}")

    def backward_preprocess(self, function: FunctionNode, in_data: object, out_grad: object) -> None:
        self.events.append(f"back into {function.label}")

    def backward_postprocess(self, function: FunctionNode, in_data: object, out_grad: object) -> None:
        self.events.append(f"back out of {function.label}")


def test_the_first_fact_that_fails_is_named() -> None:
    with pytest.raises(InvalidType) as caught:
        F.depthwise_convolution_2d(np.zeros((1, 3, 4), "f"), np.zeros((1, 3, 2, 2), "f"))
    assert str(caught.value) == (
        "\nInvalid operation is performed in: DepthwiseConvolution2DFunction (Forward)\n\n"
        "Expect: x.ndim == 4\nActual: 3 != 4 (x has (1, 3, 4))"
    )


@pytest.mark.parametrize(
    ("x", "W", "b", "expect"),
    [
        (((1, 3, 4, 4), "i4"), ((2, 3, 2, 2), "f"), None, "x.dtype.kind == 'f'"),
        (((1, 3, 4, 4), "f"), ((2, 3, 2, 2), "i4"), None, "W.dtype.kind == 'f'"),
        (((1, 4, 4, 4), "f"), ((2, 3, 2, 2), "f"), None, "x.shape[1] == W.shape[1]"),
        (((1, 3, 4, 4), "f"), ((2, 3, 2, 2), "f"), ((6,), "f8"), "b.dtype == x.dtype"),
        (((1, 3, 4, 4), "f"), ((2, 3, 2, 2), "f"), ((6, 1), "f"), "b.ndim == 1"),
        (((1, 3, 4, 4), "f"), ((2, 3, 2, 2), "f"), ((5,), "f"), "b.shape[0] == W.shape[0] * W.shape[1]"),
    ],
)
def test_depthwise_type_checks_in_chainers_order(x: tuple, W: tuple, b: tuple | None, expect: str) -> None:
    arrays = [None if info is None else np.zeros(*info) for info in (x, W, b)]
    with pytest.raises(InvalidType) as caught:
        F.depthwise_convolution_2d(*arrays)
    assert caught.value.expect == expect


@pytest.mark.parametrize("x_type", ["f2", "f4", "f8"])
@pytest.mark.parametrize("W_type", ["f2", "f4", "f8"])
def test_depthwise_types_may_differ_between_x_and_W(x_type: str, W_type: str) -> None:
    x, W = Variable(np.ones((1, 2, 4, 4), x_type)), Variable(np.ones((2, 2, 3, 3), W_type))
    b = Variable(np.ones(4, x_type))
    y = F.depthwise_convolution_2d(x, W, b)
    F.sum(y).backward()
    assert (y.dtype, x.grad.dtype, W.grad.dtype, b.grad.dtype) == (x.dtype, x.dtype, W.dtype, x.dtype)


def test_other_errors_of_depthwise() -> None:
    x, W = np.zeros((1, 2, 4, 4), "f"), np.zeros((1, 2, 3, 3), "f")
    with pytest.raises(ValueError, match="not enough values to unpack"):
        F.depthwise_convolution_2d(x, W[0])
    with pytest.raises(AssertionError, match="height of the output must be positive, got 0"):
        F.depthwise_convolution_2d(x[:, :, :2], W)
    with pytest.raises(ZeroDivisionError, match="stride must be positive"):
        F.depthwise_convolution_2d(x, W, stride=0)
    with pytest.raises(ValueError, match="padding must not be negative"):
        F.depthwise_convolution_2d(x, W, pad=-1)
    with pytest.raises(TypeError, match="are expected, got list"):
        F.depthwise_convolution_2d(x.tolist(), W)


def test_type_check_can_be_switched_off() -> None:
    with using_config("type_check", False), pytest.raises(ValueError, match="operands could not be broadcast"):
        F.add(np.zeros(2), np.zeros(3))


def test_one_object_per_application_and_what_it_returns() -> None:
    class Bare(FunctionNode):
        def forward(self, inputs: tuple) -> object:
            return inputs[0]

    with pytest.raises(TypeError, match="forward of Bare must return a tuple of arrays, got ndarray"):
        Bare().apply((np.zeros(2),))
    with pytest.raises(NotImplementedError, match="FunctionNode has no forward"):
        FunctionNode().apply((np.zeros(2),))


def test_hooks_of_a_thread_and_of_a_function() -> None:
    x, thread, local = Variable(np.array([1.0])), Recorder(), Recorder()
    function = Double()
    function.add_hook(local, "local")
    with pytest.raises(KeyError, match="hook local already exists"):
        function.add_hook(local, "local")
    with thread:
        (y,) = function.apply((x,))
        y.backward()
        with pytest.raises(KeyError, match="hook Recorder already exists"), thread:
            pass
    function.delete_hook("local")
    with pytest.raises(KeyError, match="hook local does not exist"):
        function.delete_hook("local")
    expected = ["added", "before Double", "after Double", "back into Double", "back out of Double", "deleted"]
    assert local.events == expected
    # The function's own backward is made of functions, and the thread's hook sees them too.
    assert [event for event in thread.events if "Mul" not in event] == expected
    with pytest.raises(TypeError, match="a FunctionHook is expected, got int"):
        function.add_hook(3)  # type: ignore[arg-type]


def test_recording_sees_forward_and_backward() -> None:
    x = Variable(np.array([3.0]))
    with recording() as outer:
        with recording() as inner:
            y = F.relu(x)
        y.backward()
    assert [record.function.label for record in inner] == ["ReLU"]
    assert [record.function.label for record in outer] == ["ReLU", "ActivationGradient"]
    assert inner[0].inputs[0] is x
    F.relu(x)
    assert len(outer) == 2
