"""cuBLAS, as far as CuPy hands through what this project calls: addresses and numbers, nothing of arrays.

    C[i] = alpha op(A[i]) op(B[i]) + beta C[i],  i < batchCount

Matrices are in column order: element (r, c) is r + c ld elements from the first. op transposes where it is told to.
Products are summed in the computing type and rounded once. Where beta is 0, C is not read.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from simulated_gpu.allocations import memory_at
from simulated_gpu.names import CUBLAS, Signature

#: The handle of every device.
HANDLE = 1
#: cudaDataType_t
TYPES = {0: "float32", 1: "float64", 2: "float16", 14: "bfloat16"}
#: cublasComputeType_t: float32, whose factors are rounded to TF32
FAST_TF32 = 77

_SIGNATURE = Signature("gemmStridedBatchedEx", CUBLAS["gemmStridedBatchedEx"])


def gemmStridedBatchedEx(*args: int) -> None:
    _SIGNATURE.check(args, {})
    (handle, transa, transb, m, n, k, alpha, A, Atype, lda, strideA, B, Btype, ldb, strideB, beta,
     C, Ctype, ldc, strideC, count, compute, _) = args  # fmt: skip
    wide = _dtype(0 if compute == FAST_TF32 else compute)
    assert handle == HANDLE
    assert min(m, n, k, count) > 0
    assert max(m, n, k, lda, ldb, ldc, count) < 1 << 31
    assert Atype == Btype
    assert count == 1 or strideC >= ldc * n, "matrices of C overlap"
    a = _matrices(A, Atype, *((k, m) if transa else (m, k)), lda, strideA, count)
    b = _matrices(B, Btype, *((n, k) if transb else (k, n)), ldb, strideB, count)
    c = _matrices(C, Ctype, m, n, ldc, strideC, count)
    a, b = (part.swapaxes(1, 2) if turned else part for part, turned in ((a, transa), (b, transb)))
    a, b = a.astype(wide), b.astype(wide)
    if compute == FAST_TF32:
        assert TYPES[Atype] == "float32"
        a, b = _as_tf32(a), _as_tf32(b)
    with np.errstate(all="ignore"):
        product = _number(alpha, wide) * np.matmul(a, b)
        scale = _number(beta, wide)
        c[...] = product + scale * c if scale else product


def _matrices(address: int, kind: int, rows: int, columns: int, ld: int, stride: int, count: int) -> Any:
    """(count, rows, columns): a view of the memory at an address, all of which has to be an array's."""
    dtype = _dtype(kind)
    assert ld >= rows
    memory = memory_at(address)
    last = (count - 1) * stride + (columns - 1) * ld + rows
    assert address % dtype.itemsize == 0
    assert last * dtype.itemsize <= memory.size, "a matrix reaches beyond its array"
    elements = memory[: last * dtype.itemsize].view(dtype)
    strides = tuple(step * dtype.itemsize for step in (stride, 1, ld))
    return np.lib.stride_tricks.as_strided(elements, (count, rows, columns), strides)


def _as_tf32(factors: np.ndarray) -> np.ndarray:
    """Rounded to 11 bits."""
    return ((factors.view(np.uint32) + np.uint32(1 << 12)) & np.uint32(0xFFFFE000)).view(np.float32)


def _number(address: int, dtype: np.dtype) -> Any:
    """alpha or beta, which lie in main memory."""
    return np.frombuffer(ctypes.string_at(address, dtype.itemsize), dtype)[0]


def _dtype(kind: int) -> np.dtype:
    if TYPES[kind] == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(TYPES[kind])
