"""Checks of what a function is given, before it computes.

A function's `check_type_forward` gets one `TypeInfo` for each input and states its facts with `expect`. The first fact
that does not hold raises `InvalidType`, which names the function, the expectation and the value that came.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.backend import is_floating


class InvalidType(Exception):
    """An input has a dtype or a shape that the function does not take.

    Attributes:
        expect (str): what was expected.
        actual (str): what came.
    """

    def __init__(self, expect: str, actual: str, where: str = "") -> None:
        self.expect, self.actual, self.where = expect, actual, where
        head = f"Invalid operation is performed in: {where}\n\n" if where else ""
        super().__init__(f"{head}Expect: {expect}\nActual: {actual}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.expect, self.actual, self.where)


@dataclasses.dataclass(frozen=True)
class TypeInfo:
    """Name, shape and dtype of one input."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)


def type_infos(arrays: Sequence[Any], names: Sequence[str] = ()) -> tuple[TypeInfo, ...]:
    """What `check_type_forward` gets: one `TypeInfo` for each array, named `names[i]` or `in_types[i]`."""
    labels = [*names, *(f"in_types[{i}]" for i in range(len(names), len(arrays)))]
    return tuple(TypeInfo(label, a.shape, a.dtype) for label, a in zip(labels, arrays, strict=False))


def expect(condition: bool, expectation: str, actual: object) -> None:
    """Raises `InvalidType` unless the condition holds.

    >>> expect(3 == 4, 'x.ndim == 4', '3 != 4')
    Traceback (most recent call last):
      ...
    dwbridge.autograd.type_check.InvalidType: Expect: x.ndim == 4
    Actual: 3 != 4
    """
    if not condition:
        raise InvalidType(expectation, str(actual))


def expect_floating(*types: TypeInfo) -> None:
    """Every input has a floating dtype."""
    for info in types:
        expect(is_floating(info.dtype), f"{info.name}.dtype.kind == 'f'", f"{info.name}.dtype is {info.dtype}")


def expect_ndim(info: TypeInfo, ndim: int) -> None:
    """An input has so many dimensions."""
    expect(info.ndim == ndim, f"{info.name}.ndim == {ndim}", f"{info.ndim} != {ndim} ({info.name} has {info.shape})")


def expect_equal(left: str, left_value: object, right: str, right_value: object) -> None:
    """Two facts are equal, named as a reader would write them."""
    expect(left_value == right_value, f"{left} == {right}", f"{left_value} != {right_value}")


def expect_count(types: Sequence[TypeInfo], *counts: int) -> None:
    """The number of inputs is one of `counts`."""
    wanted = " or ".join(map(str, counts))
    expect(len(types) in counts, f"size(in_types) == {wanted}", f"{len(types)} inputs")


def expect_broadcastable(*types: TypeInfo) -> None:
    """The shapes broadcast against each other, by NumPy's rule."""
    shapes = [info.shape for info in types]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        expect(False, "shapes that broadcast against each other", " and ".join(map(str, shapes)))
