"""Arrays as kernels take them: in row order, of the dtypes that there are instances for; and new ones."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from dwbridge.backend import Array, compute_dtype, get_array_module
from dwbridge.kernels.cuda.sources import TYPES
from dwbridge.kernels.errors import DeclinedError


class Kind(NamedTuple):
    """A dtype: its name, the bytes of an element, and the dtype of its arithmetic."""

    name: str
    size: int
    wide: np.dtype


@functools.cache
def kind(dtype: np.dtype) -> Kind:
    """What kernels have to know of a dtype.

    Raises:
        DeclinedError: if there are no kernels for it.
    """
    if dtype.name not in TYPES:
        raise DeclinedError(f"expected an array of {sorted(TYPES)}, got {dtype.name}")
    return Kind(dtype.name, dtype.itemsize, compute_dtype(dtype))


def kind_of(*arrays: Array) -> Kind:
    """The kind of arrays of one dtype.

    Raises:
        DeclinedError: if their dtypes differ, or if there are no kernels for it.
    """
    dtype = arrays[0].dtype
    for array in arrays:
        if array.dtype != dtype:
            raise DeclinedError(f"expected arrays of one dtype, got {[array.dtype.name for array in arrays]}")
    return kind(dtype)


def capability(array: Any) -> int:
    """The compute capability of the GPU that an array is on: 90 for 9.0."""
    return _capability(sys.modules["cupy"], array.data.device_id)


@functools.cache
def _capability(cupy: ModuleType, device: int) -> int:
    return int(cupy.cuda.Device(device).compute_capability)


def empty(shape: int | Sequence[int], dtype: Any) -> Any:
    """A new array on the current device. It is `cupy.empty` without what stands around its array."""
    return sys.modules["cupy"].ndarray(shape, dtype)  # whose arrays kernels compute on


def is_in_order(array: Any) -> bool:
    """Whether an array lies in row order: as CuPy's own modules ask, without the object that `flags` is."""
    return array._c_contiguous


def in_order(array: Array) -> Any:
    """The array, or a copy in row order of one that does not lie so."""
    return array if array._c_contiguous else get_array_module(array).ascontiguousarray(array)


def of_dtype(array: Any, dtype: Any) -> Any:
    """The array, or a copy in another dtype of one that has not this one."""
    return array if array.dtype == dtype else array.astype(dtype)
