"""InvalidType: what a function raises for inputs that it does not take, and which function is being checked."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any


class _Checked(threading.local):
    function: Any = None


_checked = _Checked()


@contextlib.contextmanager
def get_function_check_context(function: Any) -> Iterator[None]:
    """A `with` block in which the messages of `InvalidType` name the function."""
    before, _checked.function = _checked.function, function
    try:
        yield
    finally:
        _checked.function = before


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
