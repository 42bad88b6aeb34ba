"""Python's operators on variables, by way of the functions of the same meaning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from dwbridge.autograd.operators import operators


def _refused(symbol: str) -> Callable[[Any, Any], NoReturn]:
    def compare(self: Any, other: Any) -> NoReturn:
        raise TypeError(f"Variables do not support {symbol} operator. You could use `array` attribute instead.")

    return compare


class Arithmetic:
    """`+ - * / // ** @`, `abs`, indexing; broadcasting like NumPy.

    The other operand is a variable, an array or a scalar. No gradient flows through `//`.
    """

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

    def __floordiv__(self, other: Any) -> Any:
        return operators().floor(operators().div(self, other))

    def __rfloordiv__(self, other: Any) -> Any:
        return operators().floor(operators().div(other, self))

    def __pow__(self, exponent: Any) -> Any:
        return operators().power(self, exponent)

    def __rpow__(self, number: Any) -> Any:
        return operators().power(number, self)

    def __matmul__(self, other: Any) -> Any:
        return operators().matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return operators().matmul(other, self)

    def __getitem__(self, index: Any) -> Any:
        return operators().get_item(self, index)

    def __abs__(self) -> Any:
        return operators().absolute(self)

    def __pos__(self) -> Any:
        return self

    def __neg__(self) -> Any:
        return operators().neg(self)

    # Comparison would be of identities or of arrays, each wrong for half of the readers; Chainer refuses it too.
    __eq__ = _refused("==")
    __ne__ = _refused("!=")
    __lt__ = _refused("<")
    __le__ = _refused("<=")
    __gt__ = _refused(">")
    __ge__ = _refused(">=")
    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> NoReturn:
        raise TypeError("Variables cannot be evaluated as Python bool.")
