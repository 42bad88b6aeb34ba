"""Floating types: which there are, and in which type their arithmetic is done."""

from typing import Any

import numpy as np

#: the answers to `is_floating` that every function asks for
_FLOATING = {np.dtype(name): name[0] == "f" for name in ("float32", "float64", "float16", "int32", "int64")}


def is_floating(dtype: Any) -> bool:
    """Whether a dtype is a floating type, bfloat16 included (whose NumPy kind is 'V').

    >>> is_floating(np.float16), is_floating(np.int32)
    (True, False)
    """
    found = _FLOATING.get(dtype)
    return _is_floating(np.dtype(dtype)) if found is None else found


def _is_floating(dtype: np.dtype) -> bool:
    return dtype.kind == "f" or dtype.name == "bfloat16"


def compute_dtype(dtype: Any) -> np.dtype:
    """The type in which sums over a dtype are formed: 16-bit types are stored, their arithmetic is float32.

    >>> compute_dtype(np.float16).name, compute_dtype(np.float64).name
    ('float32', 'float64')
    """
    dtype = np.dtype(dtype)
    return np.dtype(np.float32) if is_floating(dtype) and dtype.itemsize == 2 else dtype
