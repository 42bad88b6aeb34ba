"""`chainer.utils.argument`: keyword arguments from before Python had keyword-only ones."""

import inspect
from typing import Any


def check_unexpected_kwargs(kwargs: dict[str, Any], **unexpected: str) -> None:
    """Raises ValueError with the message of the first unexpected argument that was given."""
    for name, message in unexpected.items():
        if name in kwargs:
            raise ValueError(message)


def parse_kwargs(kwargs: dict[str, Any], *name_and_values: tuple[str, Any], **unexpected: str) -> tuple[Any, ...]:
    """The values of arguments, or their defaults; takes them out of `kwargs`.

    Args:
        kwargs: the arguments.
        name_and_values: pairs (name, default).
        unexpected: messages for names that are no longer taken.

    Raises:
        ValueError: for a name in `unexpected`.
        TypeError: for any other name that is left.

    Example:
        >>> parse_kwargs({'stride': 2}, ('stride', 1), ('pad', 0))
        (2, 0)
    """
    values = tuple(kwargs.pop(name, default) for name, default in name_and_values)
    if kwargs:
        check_unexpected_kwargs(kwargs, **unexpected)
        caller = inspect.stack()[1].function
        raise TypeError(f"{caller}() got unexpected keyword argument(s) {', '.join(map(repr, sorted(kwargs)))}")
    return values


def assert_kwargs_empty(kwargs: dict[str, Any]) -> None:
    """Raises TypeError if arguments are left."""
    if kwargs:
        caller = inspect.stack()[1].function
        raise TypeError(f"{caller}() got unexpected keyword argument(s) {', '.join(map(repr, sorted(kwargs)))}")
