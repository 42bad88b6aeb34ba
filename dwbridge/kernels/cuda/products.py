"""Products of many matrices at once, by cuBLAS: one call, no copies, whatever is transposed.

`cupy.matmul` of more than two axes converts float16 to float32 and back, copies what is transposed, and has kernels
write addresses where an operand is broadcast. cuBLAS needs none of this: it takes 16-bit types as they are, matrices in
either order, and steps from one matrix to the next, which may be zero. So it is called as CuPy calls it.

Sums are in the computing type; where cuBLAS splits a long one, its parts may be added in the type of the result. A
version of cuBLAS gives the same bits in every run on the same GPU.

cuBLAS's matrices are in column order. There, C = A B in row order reads C' = B' A', and nothing needs to be moved.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from dwbridge.backend import Array, compute_dtype, get_array_module

#: cudaDataType_t
CUDA_TYPES = {"float32": 0, "float64": 1, "float16": 2, "bfloat16": 14}
#: CUBLAS_GEMM_DEFAULT: cuBLAS chooses.
ALGORITHM = -1
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

    def step(self, by_images: bool) -> int:
        """Elements from a matrix to that of the next image, or of the next group."""
        if by_images:
            return 0 if self.images == 1 else self.groups * self.rows * self.columns
        return self.rows * self.columns


def multiply(result: Matrices, left: Matrices, right: Matrices, add: bool = False) -> None:
    """result = left @ right, or result += left @ right, for every image and group.

    Images are one batch, or groups are, whichever are more; the others are calls.
    """
    terms = left.rows if left.transposed else left.columns
    sizes = result.columns, result.rows, terms
    if not terms and not add:
        result.array.fill(0)
    if not terms or not result.images * result.groups * result.rows * result.columns:
        return
    cupy = get_array_module(result.array)
    compute, zero, one = _computing(left.array.dtype)
    by_images = result.images >= result.groups
    calls, batch = sorted((result.images, result.groups))
    gemm, handle = _gemm(cupy), cupy.cuda.get_cublas_handle()
    operands = [_operand(each, by_images) for each in (right, left, result)]
    for call in range(calls):
        (b, *of_b), (a, *of_a), (c, *of_c) = ((first + call * step, *rest) for first, step, *rest in operands)
        gemm(handle, right.transposed, left.transposed, *sizes, one, b, *of_b, a, *of_a, one if add else zero, c, *of_c,
             batch, compute, ALGORITHM)  # fmt: skip


def _operand(matrices: Matrices, by_images: bool) -> tuple[int, int, int, int, int]:
    """Its address, the bytes to the next call's; its type, the elements of a row, and those to the next matrix."""
    array = matrices.array
    step, between_calls = matrices.step(by_images), matrices.step(not by_images)
    return array.data.ptr, between_calls * array.itemsize, _cuda_type(array.dtype), matrices.columns, step


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
