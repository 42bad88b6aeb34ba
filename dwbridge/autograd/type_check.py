"""Checks of what a function is given, before it computes.

A function's `check_type_forward` states its facts with `expect`. The first fact that does not hold raises
`InvalidType`, which names the function, the expectation and the value that came. What it gets depends on the function:

- with `input_names`, one `TypeInfo` for each input, under these names: plain values, and facts written out for people,
- without, one expression for each input, as in Chainer: `expect(in_types[0].ndim == 4, in_types[0].dtype.kind == 'f')`
  says the same in its message as in the code. See `type_expression`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dwbridge.autograd.invalid_type import InvalidType, get_function_check_context
from dwbridge.autograd.type_expression import (
    BoolBinaryOperator,
    Constant,
    Expr,
    Testable,
    Variable,
)
from dwbridge.backend import is_array, is_floating

__all__ = [
    "BoolBinaryOperator",
    "Constant",
    "Expr",
    "InvalidType",
    "Testable",
    "TypeInfo",
    "TypeInfoTuple",
    "Variable",
    "argname",
    "eval",
    "expect",
    "expect_broadcast_shapes",
    "expect_broadcastable",
    "expect_count",
    "expect_equal",
    "expect_floating",
    "expect_ndim",
    "get_function_check_context",
    "get_types",
    "in_light_mode",
    "make_variable",
    "prod",
    "same_types",
    "type_infos",
]


class TypeInfo(NamedTuple):
    """Name, shape and dtype of one input."""

    name: str
    shape: tuple[int, ...]
    dtype: Any  # numpy.dtype, or None for a gradient that is not there

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)


class TypeInfoTuple(tuple[Variable, ...]):
    """What `check_type_forward` gets in Chainer: an expression for each input."""

    name = "in_types"

    def size(self) -> Variable:
        """The number of inputs, as an expression."""
        return Variable(len(self), f"{self.name}.size")


def get_types(arrays: Sequence[Any], name: str = "in_types", accept_none: bool = False) -> TypeInfoTuple:
    """The types of arrays as expressions, named `name[0]`, `name[1]`, ..."""
    infos = TypeInfoTuple(
        Variable(TypeInfo(f"{name}[{i}]", () if a is None else a.shape, None if a is None else a.dtype), f"{name}[{i}]")
        for i, a in enumerate(arrays)
        if a is not None or accept_none
    )
    infos.name = name
    return infos


def type_infos(arrays: Sequence[Any], names: Sequence[str] = ()) -> tuple[TypeInfo, ...]:
    """What `check_type_forward` gets: one `TypeInfo` for each array, named `names[i]` or `in_types[i]`."""
    labels = names
    if len(arrays) > len(names):
        labels = [*names, *(f"in_types[{i}]" for i in range(len(names), len(arrays)))]
    return tuple([TypeInfo(label, a.shape, a.dtype) for label, a in zip(labels, arrays, strict=False)])


def expect(*facts: Any) -> None:
    """Raises `InvalidType` unless what is stated holds.

    Args:
        facts: either comparisons of expressions, or three: a condition, the expectation, and what came instead.

    Raises:
        TypeError: if it is neither.

    >>> expect(3 == 4, 'x.ndim == 4', '3 != 4')
    Traceback (most recent call last):
      ...
    dwbridge.autograd.invalid_type.InvalidType: Expect: x.ndim == 4
    Actual: 3 != 4
    >>> x = Variable(TypeInfo('x', (2, 3), np.dtype('f')), 'x')
    >>> expect(x.dtype == np.float32, x.shape[1] == 4)
    Traceback (most recent call last):
      ...
    dwbridge.autograd.invalid_type.InvalidType: Expect: x.shape[1] == 4
    Actual: 3 != 4
    """
    if all(isinstance(fact, Testable) for fact in facts):
        for fact in facts:
            fact.expect()
    elif len(facts) == 3:
        condition, expectation, actual = facts
        if not condition:
            raise InvalidType(expectation, str(actual))
    else:
        raise TypeError(f"expected comparisons of expressions, got {', '.join(type(f).__name__ for f in facts)}")


def eval(expression: Any) -> Any:
    """The value of an expression; of anything else, itself."""
    return expression.eval() if isinstance(expression, Expr) else expression


def make_variable(value: Any, name: str) -> Variable:
    """A value as an expression that has a name."""
    return Variable(value, name)


def prod(factors: Any) -> Expr:
    """The product of a sequence, as an expression.

    >>> shape = Variable((2, 3), 'x.shape')
    >>> str(prod(shape) == 6), prod(shape).eval()
    ('prod(x.shape) == 6', 6)
    """
    return _prod(factors)


_prod = Variable(math.prod, "prod")


def argname(in_types: Sequence[Any], names: Sequence[str]) -> None:
    """Names the inputs for messages.

    Raises:
        InvalidType: if there are more or fewer of them.
    """
    if len(in_types) != len(names):
        counts = f"{len(names)} argument(s)", f"{len(in_types)} argument(s)"
        raise InvalidType(*counts, "Invalid number of arguments")
    for info, name in zip(in_types, names, strict=True):
        if isinstance(info, Variable):
            info.name = name


_argname = argname


def in_light_mode() -> bool:
    """Whether inputs are given as plain arrays; never, here."""
    return False


def same_types(*arrays: Any) -> bool:
    """Whether all are arrays of one library."""
    return all(map(is_array, arrays)) and len({isinstance(a, np.ndarray) for a in arrays}) <= 1


def expect_broadcast_shapes(*shapes: Any) -> None:
    """Shapes, as expressions, that broadcast against each other."""
    try:
        np.broadcast_shapes(*map(eval, shapes))
    except ValueError:
        lines = [f"{shape} = {eval(shape)}" for shape in shapes]
        raise InvalidType("", "", "\n".join(["cannot broadcast inputs of the following shapes:", *lines])) from None


# These are checked at every application of a function: messages are made only where they are needed.


def expect_floating(*types: TypeInfo) -> None:
    """Every input has a floating dtype."""
    for info in types:
        if not is_floating(info.dtype):
            raise InvalidType(f"{info.name}.dtype.kind == 'f'", f"{info.name}.dtype is {info.dtype}")


def expect_ndim(info: TypeInfo, ndim: int) -> None:
    """An input has so many dimensions."""
    if info.ndim != ndim:
        raise InvalidType(f"{info.name}.ndim == {ndim}", f"{info.ndim} != {ndim} ({info.name} has {info.shape})")


def expect_equal(left: str, left_value: object, right: str, right_value: object) -> None:
    """Two facts are equal, named as a reader would write them."""
    if left_value != right_value:
        raise InvalidType(f"{left} == {right}", f"{left_value} != {right_value}")


def expect_count(types: Sequence[TypeInfo], *counts: int) -> None:
    """The number of inputs is one of `counts`."""
    if len(types) not in counts:
        raise InvalidType(f"size(in_types) == {' or '.join(map(str, counts))}", f"{len(types)} inputs")


def expect_broadcastable(*types: TypeInfo) -> None:
    """The shapes broadcast against each other, by NumPy's rule."""
    shapes = [info.shape for info in types]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        expect(False, "shapes that broadcast against each other", " and ".join(map(str, shapes)))
