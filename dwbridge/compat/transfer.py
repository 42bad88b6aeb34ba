"""Arrays one by one or in lists, brought to main memory: Chainer's `to_cpu`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dwbridge.backend import CpuDevice, is_array


def to_cpu(array: Any) -> Any:
    """An array, a scalar, or a list or tuple of those, in main memory; None stays None.

    Raises:
        TypeError: if something else is among them.

    Example:
        >>> to_cpu([np.zeros(2), None, 1.5])
        [array([0., 0.]), None, array(1.5)]
    """
    return each(array, _to_cpu)


def each(array: Any, convert: Callable[[Any], Any]) -> Any:
    """One array, or each in a list or tuple, converted; None stays None."""
    if isinstance(array, list | tuple):
        return type(array)([None if a is None else convert(a) for a in array])
    return None if array is None else convert(array)


def _to_cpu(array: Any) -> np.ndarray:
    if is_array(array) or np.isscalar(array):
        return CpuDevice().send(array)
    raise TypeError(f"Array cannot be converted into an numpy.ndarray\nActual type: {type(array)}.")
