"""Chainer's questions about arrays, from `chainer` and `chainer.utils`."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.backend import Array, is_array, is_cupy_array
from dwbridge.compat import cuda

__all__ = [
    "force_array",
    "force_type",
    "get_array_types",
    "get_cpu_array_types",
    "is_arrays_compatible",
    "size_of_shape",
]


def get_array_types() -> tuple[type, ...]:
    """The types of arrays that links compute on: NumPy's, and CuPy's where it is there."""
    return (np.ndarray, cuda.ndarray) if cuda.available else (np.ndarray,)


def get_cpu_array_types() -> tuple[type, ...]:
    """The types of arrays in main memory."""
    return (np.ndarray,)


def is_arrays_compatible(arrays: Sequence[Any]) -> bool:
    """Whether arrays are all of one library; None counts for every one.

    >>> is_arrays_compatible([np.zeros(1), None]), is_arrays_compatible([np.zeros(1), [0.0]])
    (True, False)
    """
    present = [array for array in arrays if array is not None]
    return all(is_array(array) and is_cupy_array(array) == is_cupy_array(present[0]) for array in present)


def size_of_shape(shape: Sequence[int]) -> int:
    """The number of elements of an array of that shape.

    >>> size_of_shape((2, 3)), size_of_shape(())
    (6, 1)
    """
    return math.prod(shape)


def force_array(x: Any, dtype: Any = None) -> Array:
    """A scalar as an array without axes; an array as it is, or in another type.

    >>> force_array(2.0), force_array(np.zeros(1), np.float16)
    (array(2.), array([0.], dtype=float16))
    """
    if np.isscalar(x):
        return np.array(x, dtype)
    return x if dtype is None else x.astype(dtype, copy=False)


def force_type(dtype: np.dtype, value: Any) -> Any:
    """A scalar or array in a type.

    >>> force_type(np.dtype('int32'), 2.0)
    np.int32(2)
    """
    return dtype.type(value) if np.isscalar(value) else value.astype(dtype, copy=False)


def format_array_props(arrays: Sequence[Any]) -> str:
    """Shapes and dtypes of arrays, for messages.

    >>> format_array_props([np.zeros((2, 3), np.float32), None])
    '(2, 3):float32, None'
    """
    return ", ".join("None" if array is None else f"{array.shape}:{array.dtype.name}" for array in arrays)
