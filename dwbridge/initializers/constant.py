"""Initializers that draw nothing: one value, or the values of a given array, everywhere."""

from typing import Any

import numpy as np

from dwbridge.backend import Array, copyto, is_array
from dwbridge.initializers.initializer import Initializer


class Constant(Initializer):
    """Fills an array with a value.

    Args:
        fill_value: a scalar, or an array that broadcasts to the shape of the array to fill. It is cast to the dtype of
            the array to fill and never decides it.
        dtype: see `Initializer`.

    Raises:
        ValueError: if `fill_value` is neither scalar nor array.

    Example:
        >>> x = np.empty((2, 2), np.float32)
        >>> Constant(0.5)(x)
        >>> x.tolist()
        [[0.5, 0.5], [0.5, 0.5]]
    """

    def __init__(self, fill_value: Any, dtype: Any = None) -> None:
        if not (is_array(fill_value) or np.isscalar(fill_value)):
            raise ValueError(f"Constant: expected a scalar or an array as fill_value, got {type(fill_value).__name__}")
        super().__init__(dtype)
        self.fill_value = fill_value

    def __call__(self, array: Array) -> None:
        self._check_dtype(array)
        if is_array(self.fill_value):
            copyto(array, self.fill_value)
        else:
            array[...] = self.fill_value


class Zero(Constant):
    """Fills an array with 0."""

    def __init__(self, dtype: Any = None) -> None:
        super().__init__(0.0, dtype)


class One(Constant):
    """Fills an array with 1."""

    def __init__(self, dtype: Any = None) -> None:
        super().__init__(1.0, dtype)


class NaN(Constant):
    """Fills an array with NaN."""

    def __init__(self, dtype: Any = None) -> None:
        super().__init__(np.nan, dtype)
