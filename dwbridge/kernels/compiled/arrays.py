"""Arrays as kernels take them: few types, so that few variants are compiled.

float16 goes by its bits, as uint16 (Numba has no float16 on the CPU); read-only arrays go as writable ones, though no
kernel writes to what it is given to read. Arrays in row order have one dimension; images in any layout are the memory
in which they lie, and the strides beside it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dwbridge.kernels.compiled.vectors.stream import VECTOR_BYTES
from dwbridge.kernels.errors import DeclinedError

#: dtype of arrays -> dtype of arithmetic
COMPUTE: dict[np.dtype, np.dtype] = {
    np.dtype(np.float16): np.dtype(np.float32),
    np.dtype(np.float32): np.dtype(np.float32),
    np.dtype(np.float64): np.dtype(np.float64),
}


def compute_type(*arrays: np.ndarray) -> np.dtype:
    """The dtype of the arithmetic on arrays of one dtype.

    Raises:
        DeclinedError: if their dtypes differ, or are none of float16, float32, float64 in this machine's byte order.
    """
    dtype = arrays[0].dtype
    if dtype not in COMPUTE or any(array.dtype != dtype for array in arrays):
        raise DeclinedError(f"expected arrays of one native floating dtype, got {[str(a.dtype) for a in arrays]}")
    return COMPUTE[dtype]


def widest_compute_type(*arrays: np.ndarray) -> np.dtype:
    """The dtype of the arithmetic on an array with others, whose arithmetic is not wider than the first one's.

    Raises:
        DeclinedError: if it is, or if one's dtype is none of float16, float32, float64 in this machine's byte order.
    """
    kinds = [COMPUTE.get(array.dtype) for array in arrays]
    wide = kinds[0]
    if wide is None or any(kind is None or kind.itemsize > wide.itemsize for kind in kinds):
        names = [str(array.dtype) for array in arrays]
        raise DeclinedError(f"expected native floating dtypes, the first one the widest, got {names}")
    return wide


def lanes_of(wide: np.dtype) -> int:
    """How many numbers of a dtype of arithmetic a vector holds."""
    return VECTOR_BYTES // wide.itemsize


def flat(array: np.ndarray) -> np.ndarray:
    """A contiguous array's memory in one dimension; another array as it is.

    Raises:
        DeclinedError: if the array's elements do not lie at multiples of their size.
    """
    if not array.flags.aligned:
        raise DeclinedError("expected an aligned array")
    plain = array if array.flags.writeable and type(array) is np.ndarray else np.asarray(_Borrowed(array))
    if plain.dtype == np.float16:
        plain = plain.view(np.uint16)
    return plain.reshape(-1) if plain.flags.c_contiguous else plain


def as_row(array: np.ndarray) -> np.ndarray:
    """All elements in row order, in one dimension: the array's memory, or a copy where they do not lie so."""
    in_order = array.flags.c_contiguous and array.flags.aligned
    return flat(array if in_order else np.array(array, order="C"))


class Memory(NamedTuple):
    """An array's memory as one axis, where its first element lies there, and its strides, in elements."""

    flat: np.ndarray
    start: int
    strides: tuple[int, ...]


def memory(array: np.ndarray) -> Memory:
    """The memory of an array of any layout.

    Raises:
        DeclinedError: if the elements do not lie at multiples of their size.

    Example:
        >>> flat, start, strides = memory(np.arange(6.).reshape(2, 3)[:, ::-1])
        >>> flat[start], strides
        (np.float64(2.0), (3, -1))
    """
    size = array.dtype.itemsize
    if not array.flags.aligned or any(stride % size for stride in array.strides):
        raise DeclinedError(f"expected elements at multiples of their size, got strides {array.strides}")
    strides = tuple(stride // size for stride in array.strides)
    if array.flags.c_contiguous:
        return Memory(flat(array), 0, strides)
    first, end = np.lib.array_utils.byte_bounds(array)
    stretch = np.asarray(_Borrowed(array, data=(first, False), shape=((end - first) // size,), strides=None))
    return Memory(flat(stretch), (array.__array_interface__["data"][0] - first) // size, strides)


class _Borrowed:
    """An array's memory under another name, writable: read-only arrays are a type of their own to Numba."""

    def __init__(self, array: np.ndarray, **other: Any) -> None:
        interface: dict[str, Any] = dict(array.__array_interface__)
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False), **other}
        self.array = array
