"""Products of many matrices at once, by cuBLAS: one call, no copies, whatever is transposed.

`cupy.matmul` of more than two axes converts float16 to float32 and back, copies what is transposed, and has kernels
write addresses where an operand is broadcast. cuBLAS needs none of this: it takes 16-bit types as they are, matrices in
either order, and steps from one matrix to the next, which may be zero. So it is called as CuPy calls it.

float32 is multiplied as it is or, where CuPy is told so (CUPY_TF32=1), as `cupy.matmul` does it then: with factors that
are rounded to the 11 bits of TF32. Sums are in the computing type; where cuBLAS splits a long one, its parts may be
added in the type of the result. A version of cuBLAS gives the same bits in every run on the same GPU.

cuBLAS's matrices are in column order. There, C = A B in row order reads C' = B' A', and nothing needs to be moved.
"""

from __future__ import annotations

import functools
import sys
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from dwbridge.backend import Array, compute_dtype
from dwbridge.kernels.cuda.plan.launches import KEPT

#: cudaDataType_t
CUDA_TYPES = {"float32": 0, "float64": 1, "float16": 2, "bfloat16": 14}
#: CUBLAS_GEMM_DEFAULT: cuBLAS chooses.
ALGORITHM = -1
#: CuPy's name of the arithmetic in which float32's factors are rounded to TF32, and cuBLAS's.
TF32, FAST_TF32 = 7, 77
#: 0 and 1, where cuBLAS finds them by address.
_NUMBERS = {name: np.arange(2, dtype=name) for name in ("float32", "float64")}


class Matrices(NamedTuple):
    """An array in row order as matrices: (images, groups, rows, columns). A single image goes with any number."""

    array: Array
    images: int
    groups: int
    rows: int
    columns: int
    transposed: bool = False  #: whether the matrices are meant to be transposed; rows and columns are as they lie


#: The fields of `Matrices` behind the array.
Sizes = tuple[int, int, int, int, bool]


class Calls(NamedTuple):
    """Calls of cuBLAS: how many times, the bytes between their operands, and their arguments around the addresses.

    An operand's own arguments are its type, the elements of a row, and those to the next matrix.
    """

    times: int
    steps: tuple[int, int, int]
    first: tuple[int, ...]
    of_right: tuple[int, int, int]
    of_left: tuple[int, int, int]
    beta: int
    of_result: tuple[int, int, int]
    last: tuple[int, int, int]


def multiply(result: Matrices, left: Matrices, right: Matrices, add: bool = False) -> None:
    """result = left @ right, or result += left @ right, for every image and group.

    Images are one batch, or groups are, whichever are more; the others are calls.
    """
    c, a, b = result[0], left[0], right[0]
    cupy, dtype = sys.modules["cupy"], a.dtype  # whose arrays these are
    fast = dtype.char == "f" and cupy._core.get_compute_type("f") == TF32
    calls = _calls(result[1:], left[1:], right[1:], (c.dtype, dtype, b.dtype), add, fast)
    if calls is None:
        if not add:
            c.fill(0)
        return
    gemm, handle = _gemm(cupy), cupy.cuda.get_cublas_handle()
    count, (to_b, to_a, to_c), first, of_right, of_left, beta, of_result, last = calls
    at_b, at_a, at_c = b.data.ptr, a.data.ptr, c.data.ptr
    for _ in range(count):
        gemm(handle, *first, at_b, *of_right, at_a, *of_left, beta, at_c, *of_result, *last)
        at_b, at_a, at_c = at_b + to_b, at_a + to_a, at_c + to_c


@functools.lru_cache(KEPT)
def _calls(
    result: Sizes, left: Sizes, right: Sizes, dtypes: tuple[np.dtype, np.dtype, np.dtype], add: bool, fast: bool
) -> Any:
    """The calls, `fast` if by TF32; None if there are no elements, or nothing to be added."""
    images, groups, rows, columns, _ = result
    terms = left[2] if left[4] else left[3]
    if not terms or not images * groups * rows * columns:
        return None
    compute, zero, one = _computing(dtypes[1])
    compute = FAST_TF32 if fast else compute
    by_images = images >= groups
    count, batch = sorted((images, groups))
    operands = list(zip((right, left, result), reversed(dtypes), strict=True))
    of_right, of_left, of_result = ((_cuda_type(dtype), sizes[3], _step(sizes, by_images)) for sizes, dtype in operands)
    steps: Any = tuple(_step(sizes, not by_images) * dtype.itemsize for sizes, dtype in operands)
    first = int(right[4]), int(left[4]), columns, rows, terms, one
    return Calls(count, steps, first, of_right, of_left, one if add else zero, of_result, (batch, compute, ALGORITHM))


def _step(sizes: Sizes, by_images: bool) -> int:
    """Elements from a matrix to that of the next image, or of the next group."""
    images, groups, rows, columns, _ = sizes
    if by_images:
        return 0 if images == 1 else groups * rows * columns
    return rows * columns


@functools.cache
def _cuda_type(dtype: np.dtype) -> int:
    return CUDA_TYPES[dtype.name]


@functools.cache
def _computing(dtype: np.dtype) -> tuple[int, int, int]:
    """The computing type of a dtype, and the addresses of its 0 and 1."""
    numbers = _NUMBERS[compute_dtype(dtype).name]
    return _cuda_type(numbers.dtype), numbers.ctypes.data, numbers[1:].ctypes.data


@functools.cache
def _gemm(cupy: ModuleType) -> Any:
    return cupy.cuda.cublas.gemmStridedBatchedEx
