"""Type checks that passed: a network checks the same shapes and dtypes in every step.

A key is a function's class, the shapes and dtypes of its inputs, and the attributes that its check looks at. Only what
passed is remembered: what does not is checked again, and raises again.
"""

from __future__ import annotations

import contextlib
import functools
from typing import Any

#: Keys that are kept; then all are forgotten, so that shapes that never come again do not pile up.
KEPT = 4096

_passed: set[Any] = set()


def passed(key: Any) -> bool:
    """Whether a check with this key has passed; not if the key cannot be looked up."""
    try:
        return key in _passed
    except TypeError:  # an attribute without a hash
        return False


def remember(key: Any) -> None:
    """Keeps the key of a check that has passed."""
    if len(_passed) >= KEPT:
        _passed.clear()
    with contextlib.suppress(TypeError):
        _passed.add(key)


@functools.cache
def remembered_attributes(function: Any) -> tuple[str, ...] | None:
    """The attributes that a class's check looks at; None if the class that has the check does not say so.

    A subclass with a check of its own does not inherit what its parent says of another.
    """
    owner = next(each for each in function.__mro__ if "check_type_forward" in vars(each))
    return vars(owner).get("checked_attributes")
