"""Arrays as kernels take them: flat, contiguous, float16 as the uint16 of its bits."""

from __future__ import annotations

import numpy as np

from dwbridge.backend import Array
from dwbridge.kernels.compiled.vectors.stream import VECTOR_BYTES
from dwbridge.kernels.errors import DeclinedError

#: dtype -> elements of a vector, which holds them in the computing type.
LANES = {np.dtype(np.float16): VECTOR_BYTES // 4, np.dtype(np.float32): VECTOR_BYTES // 4,
         np.dtype(np.float64): VECTOR_BYTES // 8}  # fmt: skip


def lanes_of(array: Array) -> int:
    """Elements of a vector.

    Raises:
        DeclinedError: for a dtype that kernels do not know.
    """
    if array.dtype not in LANES:
        raise DeclinedError(f"arrays of {array.dtype}")
    return LANES[array.dtype]


def flat(array: Array, writable: bool = False) -> Array:
    """All elements in a row: a view, or a copy where they do not lie so.

    Inputs are read-only, so that kernels are compiled for one kind of array alone.
    """
    row = (array if array.flags.c_contiguous else np.ascontiguousarray(array)).reshape(-1)  # a view of its own
    if row.dtype == np.float16:
        row = row.view(np.uint16)
    if not writable:
        row.setflags(write=False)
    return row
