"""Arrays as kernels take them: few types, so that few variants are compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from dwbridge.kernels.errors import DeclinedError

#: dtype of arrays -> dtype of arithmetic
COMPUTE: dict[Any, np.dtype] = {
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


def flat(array: np.ndarray) -> np.ndarray:
    """A contiguous array's memory in one dimension; another array as it is. float16 as uint16.

    Raises:
        DeclinedError: if the array's elements do not lie at multiples of their size.
    """
    if not array.flags.aligned:
        raise DeclinedError("expected an aligned array")
    plain = array if array.flags.writeable and type(array) is np.ndarray else np.asarray(_Borrowed(array))
    if plain.dtype == np.float16:
        plain = plain.view(np.uint16)
    return plain.reshape(-1) if plain.flags.c_contiguous else plain


class _Borrowed:
    """Memory that may not be written to, under a writable name: read-only arrays are a type of their own to Numba."""

    def __init__(self, array: np.ndarray) -> None:
        interface: dict[str, Any] = dict(array.__array_interface__)
        interface["data"] = (interface["data"][0], False)
        self.__array_interface__ = interface
        self.array = array
