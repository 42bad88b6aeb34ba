"""Arrays of either library, told apart without importing CuPy."""

import contextlib
import functools
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from dwbridge.backend.dtypes import is_floating

Array: TypeAlias = Any  # numpy.ndarray or cupy.ndarray; CuPy is not a dependency, so there is no common type to name


def is_cupy_array(value: Any) -> bool:
    """Whether a value is a CuPy array. Where CuPy was never imported, nothing is."""
    if type(value) is np.ndarray:  # the usual answer, at once
        return False
    cupy = sys.modules.get("cupy")
    return cupy is not None and isinstance(value, cupy.ndarray)


def is_array(value: Any) -> bool:
    """Whether a value is an array of one of the libraries that links compute on."""
    return isinstance(value, np.ndarray) or is_cupy_array(value)


def get_array_module(*values: Any) -> ModuleType:
    """`cupy` if any of the arrays (or variables) lives there, `numpy` otherwise.

    >>> get_array_module(np.zeros(3)).__name__
    'numpy'
    """
    cupy = sys.modules.get("cupy")
    if cupy is not None:
        for value in values:
            if isinstance(value, cupy.ndarray) or isinstance(getattr(value, "array", None), cupy.ndarray):
                return cupy
    return np


def has_nan(array: Array) -> bool:
    """Whether a floating array holds a NaN; on a GPU, the answer is waited for.

    >>> has_nan(np.array([1.0, np.nan])), has_nan(np.array([1, 2]))
    (True, False)
    """
    return is_floating(array.dtype) and bool(get_array_module(array).isnan(array).any())


_HERE = contextlib.nullcontext()


@functools.cache
def _has_one_gpu(cupy: ModuleType) -> bool:
    """Whether every array of CuPy is on the current device: there is no other."""
    return cupy.cuda.runtime.getDeviceCount() == 1


def are_where_they_compute(kinds: set[type]) -> bool:
    """Whether arrays live together, and where their library computes at the moment, by their types alone.

    NumPy's own do, and CuPy's own where there is one GPU; those with a ChainerX name are none of these.
    """
    return len(kinds) == 1 and _compute_where_they_are(sys.modules.get("cupy"), *kinds)


@functools.cache
def _compute_where_they_are(cupy: ModuleType | None, kind: type) -> bool:
    return kind is np.ndarray or (cupy is not None and kind is cupy.ndarray and _has_one_gpu(cupy))


def on_device_of(*values: Any) -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which the GPU of the first CuPy array is current: CuPy computes, and makes arrays, on that one.

    Nothing, if there is no CuPy array among the values.
    """
    cupy = sys.modules.get("cupy")
    if cupy is not None:
        for value in values:
            if isinstance(value, cupy.ndarray):
                return _HERE if _has_one_gpu(cupy) else value.device
    return _HERE


def place_of(array: Array) -> str:
    """The name of the device where an array's memory is, whatever ChainerX's name it has.

    >>> place_of(np.zeros(3))
    '@numpy'
    """
    return f"@cupy:{array.device.id}" if is_cupy_array(array) else "@numpy"


def are_on_one_gpu(arrays: Sequence[Array]) -> bool:
    """Whether all are CuPy's own arrays, on one device."""
    cupy = sys.modules.get("cupy")
    if cupy is None or {cupy.ndarray} != set(map(type, arrays)):
        return False
    return len(arrays) == 1 or len({array.device.id for array in arrays}) == 1


def are_together(first: Array, second: Array) -> bool:
    """Whether arrays are of one type, and on one device.

    >>> are_together(np.zeros(3), np.ones(1))
    True
    """
    if type(first) is not type(second):
        return False
    return isinstance(first, np.ndarray) or _has_one_gpu(sys.modules["cupy"]) or first.device == second.device


def copyto(dst: Array, src: Array) -> None:
    """Copies `src` into `dst` element by element, between devices where they differ; `dst` keeps its dtype."""
    if is_cupy_array(dst):
        with on_device_of(dst):
            dst[...] = get_array_module(dst).asarray(src, dtype=dst.dtype)
    elif is_cupy_array(src):
        np.copyto(dst, src.get(), casting="unsafe")
    else:
        np.copyto(dst, src, casting="unsafe")
