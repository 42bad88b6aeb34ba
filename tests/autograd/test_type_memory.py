"""What a type check passed once, passes; what it did not pass is refused every time."""

from typing import Any, ClassVar

import numpy as np
import pytest

from dwbridge import FunctionNode
from dwbridge import functions as F
from dwbridge.autograd import type_memory
from dwbridge.autograd.type_check import InvalidType, expect


class Remembered(FunctionNode):
    """Looks at its input's length, and at an attribute."""

    input_names = ("x",)
    checked_attributes = ("length",)
    checks: ClassVar[list[Any]] = []

    def __init__(self, length: Any) -> None:
        self.length = length

    def check_type_forward(self, in_types: Any) -> None:
        self.checks.append(in_types)
        expect(in_types[0].shape == (self.length,), "x.shape", in_types[0].shape)

    def forward(self, inputs: Any) -> Any:
        return inputs


@pytest.fixture(autouse=True)
def _nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type_memory, "_passed", set())
    Remembered.checks.clear()


def checks(function: FunctionNode, *inputs: Any) -> int:
    """How many checks an application is."""
    before = len(Remembered.checks)
    function.apply(inputs)
    return len(Remembered.checks) - before


def test_a_check_that_passed_is_not_made_again() -> None:
    x = np.zeros(3)
    assert [checks(Remembered(3), x) for _ in range(3)] == [1, 0, 0]
    assert checks(Remembered(3), x.astype("f")) == 1
    assert checks(Remembered(3), x[::-1]) == 0


def test_what_fails_fails_again() -> None:
    Remembered(3).apply((np.zeros(3),))
    for _ in range(2):
        with pytest.raises(InvalidType, match="x.shape"):
            Remembered(4).apply((np.zeros(3),))
        with pytest.raises(InvalidType, match="x.shape"):
            Remembered(3).apply((np.zeros(4),))


def test_a_subclass_with_a_check_of_its_own_is_asked() -> None:
    class Own(Remembered):
        def check_type_forward(self, in_types: Any) -> None:
            super().check_type_forward(in_types)

    assert [checks(Own(3), np.zeros(3)) for _ in range(2)] == [1, 1]
    heir = type("Heir", (Remembered,), {})
    assert [checks(heir(3), np.zeros(3)) for _ in range(2)] == [1, 0]


def test_attributes_without_a_hash_are_asked() -> None:
    class Odd(int):
        __hash__ = None  # type: ignore[assignment]

    assert [checks(Remembered(Odd(3)), np.zeros(3)) for _ in range(2)] == [1, 1]


def test_shapes_that_do_not_come_again_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type_memory, "KEPT", 5)
    for length in range(12):
        Remembered(length).apply((np.zeros(length),))
        assert len(type_memory._passed) <= 5


def test_the_axes_of_batch_normalization_count() -> None:
    x, one = np.zeros((2, 3, 3)), np.ones(3)
    F.batch_normalization(x, one, one)
    F.batch_normalization(x, one, one, axis=(0, 1))
    with pytest.raises(InvalidType, match="gamma.shape"):
        F.batch_normalization(x, one, one, axis=0)
