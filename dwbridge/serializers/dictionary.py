"""Saving into a flat dictionary of arrays: `'predictor/conv/W' -> array`, without a leading slash."""

from typing import Any

import numpy as np

from dwbridge.backend import is_array, is_cupy_array
from dwbridge.serializers.serializer import Serializer


class DictionarySerializer(Serializer):
    """Collects values into a dictionary of NumPy arrays.

    Scalars and strings become arrays without axes, None becomes such an array of objects that holds None. Lists and
    tuples of one kind of entry become arrays.

    Args:
        target: the dictionary to fill; None for a new one.
        path: what every key starts with.

    Attributes:
        target (dict): the dictionary.

    Raises:
        TypeError: on saving something that is no array, scalar, string, None, or list of such.

    Example:
        >>> s = DictionarySerializer()
        >>> _ = s['conv']('W', np.zeros((2, 3), np.float32))
        >>> {key: array.shape for key, array in s.target.items()}
        {'conv/W': (2, 3)}
    """

    def __init__(self, target: dict[str, Any] | None = None, path: str = "") -> None:
        self.target: dict[str, Any] = {} if target is None else target
        self.path = path

    def __getitem__(self, key: str) -> "DictionarySerializer":
        return DictionarySerializer(self.target, f"{self.path}{key.strip('/')}/")

    def __call__(self, key: str, value: Any) -> Any:
        self.target[self.path + key.lstrip("/")] = as_numpy(value)
        return value


def serialize(obj: Any) -> dict[str, np.ndarray]:
    """The dictionary of an object's values."""
    serializer = DictionarySerializer()
    serializer.save(obj)
    return serializer.target


def as_numpy(value: Any) -> np.ndarray:
    """A value as a NumPy array: arrays from any device, scalars, None (a 0-d array of objects), and lists of those."""
    if is_cupy_array(value):
        return value.get()
    if value is None or is_array(value) or np.isscalar(value):
        return np.asarray(value)
    if isinstance(value, list | tuple):
        return np.asarray([as_numpy(entry) for entry in value])
    raise TypeError(f"Array cannot be converted into an numpy.ndarray\nActual type: {type(value)}.")
