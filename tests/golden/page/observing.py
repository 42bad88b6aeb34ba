"""What a row shows: values, errors and warnings, as text that is equal in both libraries where the behaviour is."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Row = Callable[[Any, Callable[[str, Any], None]], None]


def observe(row: Row, ch: Any) -> dict[str, str]:
    """The observations of a row, by label."""
    seen: dict[str, str] = {}

    def see(label: str, what: Any) -> None:
        assert label not in seen, label
        seen[label] = _outcome(ch, what)

    np.random.seed(0)
    row(ch, see)
    return seen


def _outcome(ch: Any, what: Any) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            text = shown(ch, what() if callable(what) and not isinstance(what, ch.Link) else what)
        except Exception as error:
            text = type(error).__name__
    return "; ".join([text, *(warning.category.__name__ for warning in caught)])


def shown(ch: Any, value: Any) -> str:
    """A value, as text that does not depend on the library, nor on NumPy's version."""
    if isinstance(value, ch.Variable):
        return f"{type(value).__name__}({value.name}, {shown(ch, value.array)})"
    if isinstance(value, ch.Link):
        return f"<{type(value).__name__} {value.name}>"
    if isinstance(value, np.ndarray):
        return f"{value.dtype.name}{list(value.shape)}{value.ravel().tolist()}"
    if isinstance(value, np.generic):
        return f"{value.dtype.name}({value.item()})"
    if isinstance(value, (list, tuple, Iterator)):
        return "[" + ", ".join(shown(ch, item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(ch, item)}" for key, item in value.items()) + "}"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(str, value))) + "}"
    return value if isinstance(value, str) else repr(value)


def depthwise(ch: Any, **arguments: Any) -> Any:
    """A small layer whose parameters are known: W (2, 3, 2, 2) counts up, b (6,) too."""
    layer = ch.links.DepthwiseConvolution2D(3, 2, 2, **arguments)
    for param in layer.params():
        param.array[...] = np.arange(param.size).reshape(param.shape)
        param.cleargrad()
    return layer


def deferred(ch: Any, **arguments: Any) -> Any:
    """A layer that does not know its input channels yet."""
    return ch.links.DepthwiseConvolution2D(None, 2, 2, **arguments)


def image() -> np.ndarray:
    """An input for both: (1, 3, 3, 3), small whole numbers, so that sums are exact in any order."""
    return np.arange(27, dtype=np.float32).reshape(1, 3, 3, 3)
