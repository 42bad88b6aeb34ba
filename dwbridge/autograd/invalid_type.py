"""InvalidType: what a function raises for inputs that it does not take, and which function is being checked."""

from __future__ import annotations

import threading
from typing import Any


class _Checked(threading.local):
    function: Any = None


_checked = _Checked()


class get_function_check_context:  # Chainer's name; called for every function, so no generator
    """A `with` block in which the messages of `InvalidType` name the function."""

    __slots__ = ("before", "function")

    def __init__(self, function: Any) -> None:
        self.function = function

    def __enter__(self) -> None:
        self.before, _checked.function = _checked.function, self.function

    def __exit__(self, *error: object) -> None:
        _checked.function = self.before


class InvalidType(Exception):
    """An input has a dtype or a shape that the function does not take.

    Args:
        expect: what was expected.
        actual: what came.
        msg: the whole message; None for one that says both, and names the function that is being checked.
    """

    def __init__(self, expect: str, actual: str, msg: str | None = None) -> None:
        if msg is None:
            msg = f"Expect: {expect}\nActual: {actual}"
            if _checked.function is not None:
                msg = f"\nInvalid operation is performed in: {_checked.function.label} (Forward)\n\n{msg}"
        super().__init__(msg)
        self.expect, self.actual = expect, actual

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.expect, self.actual, self.args[0])
