"""Python's operators on variables, by way of the functions of the same meaning."""

from __future__ import annotations

from typing import Any, NoReturn

from dwbridge.autograd.operators import operators


def _incomparable(self: Any, other: Any) -> NoReturn:
    raise TypeError("variables are not compared; compare their arrays (x.array)")


class Arithmetic:
    """`+ - * / **` and negation, broadcasting like NumPy; the other operand is a variable, an array or a scalar."""

    # NumPy arrays leave `array + variable` to the variable.
    __array_priority__ = 200
    __array_ufunc__ = None

    def __add__(self, other: Any) -> Any:
        return operators().add(self, other)

    def __radd__(self, other: Any) -> Any:
        return operators().add(other, self)

    def __sub__(self, other: Any) -> Any:
        return operators().sub(self, other)

    def __rsub__(self, other: Any) -> Any:
        return operators().sub(other, self)

    def __mul__(self, other: Any) -> Any:
        return operators().mul(self, other)

    def __rmul__(self, other: Any) -> Any:
        return operators().mul(other, self)

    def __truediv__(self, other: Any) -> Any:
        return operators().div(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return operators().div(other, self)

    def __pow__(self, exponent: Any) -> Any:
        return operators().power(self, exponent)

    def __neg__(self) -> Any:
        return operators().neg(self)

    # Comparison would be of identities or of arrays, each wrong for half of the readers; Chainer refuses it too.
    __eq__ = _incomparable
    __ne__ = _incomparable
    __lt__ = _incomparable
    __le__ = _incomparable
    __gt__ = _incomparable
    __ge__ = _incomparable
    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> NoReturn:
        raise TypeError("a variable has no truth value; use its array (x.array)")
