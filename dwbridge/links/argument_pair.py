"""Arguments that are an integer or a pair, kept as they were given."""

from typing import Any


def argument_pair(value: Any) -> Any:
    """(value, value) for a scalar; anything that can be indexed as it is, unchecked, as Chainer's links keep it.

    >>> argument_pair(3), argument_pair([1, 2])
    ((3, 3), [1, 2])
    """
    return value if hasattr(value, "__getitem__") else (value, value)
