"""Expressions over types: how they read, what they are, and what the error says. The texts are Chainer 7.8.1's."""

import pickle

import numpy as np
import pytest

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd import type_check as T

x, y, z = T.Variable(3, "x"), T.Variable(4, "y"), T.Variable(np.zeros((2, 3)), "z")


@pytest.mark.parametrize(
    ("expression", "text", "value"),
    [
        (x + 1, "x + 1", 4),
        ((x + 1) * y, "(x + 1) * y", 16),
        (x + y * 2, "x + y * 2", 11),
        (x - (y - x), "x - (y - x)", 2),
        (x - y - x, "x - y - x", -4),
        (x**y**2, "x ** y ** 2", 3**16),
        ((x**y) ** 2, "(x ** y) ** 2", 3**8),
        (-(x + y), "-(x + y)", -7),
        (-x * y, "-x * y", -12),
        (~x, "~x", -4),
        (12 / y, "12 / y", 3),
        (x // 2 + x % 2, "x // 2 + x % 2", 2),
        ((x & y) | (y ^ 1), "x & y | y ^ 1", 5),
        (x << 1, "x << 1", 6),
        (z.shape[0], "z.shape[0]", 2),
        (z.shape[1:], "z.shape[1:]", (3,)),
        (z.shape[::2], "z.shape[::2]", (2,)),
        (z[..., 0].shape, "z[..., 0].shape", (2,)),
        (z.sum(), "z.sum()", 0.0),
        (T.prod(z.shape), "prod(z.shape)", 6),
        (z.shape == (2, x), "z.shape == (2, x)", True),
        (x < y, "x < y", True),
        (z.dtype.kind == "f", "z.dtype.kind == 'f'", True),
        (T.Constant((1,)), "(1,)", (1,)),
        (T.make_variable(1, "q"), "q", 1),
    ],
    ids=str,
)
def test_an_expression_reads_like_python_and_has_its_value(expression: T.Expr, text: str, value: object) -> None:
    assert str(expression) == text
    assert T.eval(expression) == value
    assert T.eval(value) == value


@pytest.mark.parametrize(
    ("fact", "expected", "actual"),
    [
        (x == 4, "x == 4", "3 != 4"),
        (x != 3, "x != 3", "3 == 3"),
        (x < 3, "x < 3", "3 >= 3"),
        (x <= 2, "x <= 2", "3 > 2"),
        (x > 3, "x > 3", "3 <= 3"),
        (x >= 4, "x >= 4", "3 < 4"),
        (z.shape[0] == x, "z.shape[0] == x", "2 != 3"),
        (x + y == z.ndim, "x + y == z.ndim", "7 != 2"),
        (z.dtype.kind == "i", "z.dtype.kind == i", "f != i"),
    ],
    ids=str,
)
def test_a_fact_that_does_not_hold(fact: T.BoolBinaryOperator, expected: str, actual: str) -> None:
    with pytest.raises(T.InvalidType) as caught:
        T.expect(x == 3, fact)
    assert (caught.value.expect, caught.value.actual) == (expected, actual)
    assert str(caught.value) == f"Expect: {expected}\nActual: {actual}"
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.expect) == (str(caught.value), expected)


def test_expressions_have_no_truth_value_and_no_hash() -> None:
    with pytest.raises(RuntimeError, match="cannot be evaluated as bool"):
        T.expect(x == 3 and y == 4)
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)


def test_expect_takes_facts_only() -> None:
    with pytest.raises(TypeError, match="expected comparisons of expressions, got bool"):
        T.expect(True)


def test_shapes_that_broadcast() -> None:
    a, b = T.Variable((2, 3), "a.shape"), T.Variable((4,), "b.shape")
    T.expect_broadcast_shapes(a, T.Variable((3,), "c.shape"))
    with pytest.raises(T.InvalidType) as caught:
        T.expect_broadcast_shapes(a, b)
    assert str(caught.value) == ("cannot broadcast inputs of the following shapes:\na.shape = (2, 3)\nb.shape = (4,)")


def test_same_types() -> None:
    assert T.same_types(np.ones(1), np.ones(1))
    assert not T.same_types(np.ones(1), 1)
    assert not T.in_light_mode()


class Dot(FunctionNode):
    """As an operator is written for Chainer."""

    def check_type_forward(self, in_types: T.TypeInfoTuple) -> None:
        T.expect(in_types.size() == 2)
        x_type, w_type = in_types
        T.expect(
            x_type.dtype.kind == "f",
            w_type.dtype == x_type.dtype,
            x_type.ndim == 2,
            w_type.shape[0] == x_type.shape[1],
        )

    def forward_cpu(self, inputs: tuple) -> tuple:
        self.retain_inputs((0, 1))
        return (inputs[0].dot(inputs[1]),)

    def backward(self, indexes: tuple, gys: tuple) -> tuple:
        a, b = self.get_retained_inputs()
        return gys[0] @ b.T, a.T @ gys[0]  # of both inputs, whatever is asked for


class NamedDot(Dot):
    def check_type_forward(self, in_types: T.TypeInfoTuple) -> None:
        T._argname(in_types, ("x", "W"))
        T.expect(in_types[0].shape[1] == in_types[1].shape[0])


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 3)], "Expect: in_types.size == 2\nActual: 1 != 2"),
        ([(2, 3, 1), (3, 4)], "Expect: in_types[0].ndim == 2\nActual: 3 != 2"),
        ([(2, 3), (2, 4)], "Expect: in_types[1].shape[0] == in_types[0].shape[1]\nActual: 2 != 3"),
    ],
)
def test_the_message_names_function_and_fact(shapes: list, message: str) -> None:
    with pytest.raises(T.InvalidType) as caught:
        Dot().apply([np.zeros(shape, "f") for shape in shapes])
    assert str(caught.value) == f"\nInvalid operation is performed in: Dot (Forward)\n\n{message}"


def test_inputs_can_be_named() -> None:
    with pytest.raises(T.InvalidType, match=r"x\.shape\[1\] == W\.shape\[0\]"):
        NamedDot().apply((np.zeros((2, 3)), np.zeros((2, 3))))
    with pytest.raises(T.InvalidType, match="Invalid number of arguments"):
        NamedDot().apply((np.zeros((2, 3)),))


def test_backward_may_return_a_gradient_for_every_input() -> None:
    a, b = Variable(np.ones((2, 3))), np.ones((3, 4))
    (c,) = Dot().apply((a, b))
    c.grad = np.ones((2, 4))
    c.backward()
    np.testing.assert_array_equal(a.grad, np.full((2, 3), 4))
