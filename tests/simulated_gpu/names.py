"""What this project asks of CuPy, by name, with the parameters that CuPy 14 has: what is not here, is not there.

`test_names.py` compares every line with CuPy itself where that is installed; it needs no GPU. A name that the
simulation refuses, and that CuPy has, is one more line.
"""

from __future__ import annotations

import inspect
from typing import Any

#: functions of arrays -> parameters
FUNCTIONS = {
    "arange": "start, stop=None, step=1, dtype=None",
    "argmax": "a, axis=None, dtype=None, out=None, keepdims=False",
    "array_equal": "a1, a2, equal_nan=False",
    "broadcast_to": "array, shape",
    "clip": "a, a_min, a_max, out=None",
    "concatenate": "tup, axis=0, out=None, *, dtype=None, casting='same_kind'",
    "einsum": "*operands, **kwargs",
    "expand_dims": "a, axis",
    "full": "shape, fill_value, dtype=None, order='C'",
    "full_like": "a, fill_value, dtype=None, order='K', subok=None, shape=None",
    "matmul": "*args, axes=None, axis=None, keepdims=False, casting='same_kind', dtype=None, signature=None, "
    "order='K', out=None",
    "max": "a, axis=None, out=None, keepdims=False",
    "mean": "a, axis=None, dtype=None, out=None, keepdims=False",
    "min": "a, axis=None, out=None, keepdims=False",
    "ones": "shape, dtype=<class 'float'>, order='C'",
    "ones_like": "a, dtype=None, order='K', subok=None, shape=None",
    "put_along_axis": "arr, indices, values, axis",
    "repeat": "a, repeats, axis=None",
    "reshape": "a, newshape, order='C', *, copy=None",
    "resize": "a, new_shape",
    "split": "ary, indices_or_sections, axis=0",
    "std": "a, axis=None, dtype=None, out=None, ddof=0, keepdims=False",
    "sum": "a, axis=None, dtype=None, out=None, keepdims=False",
    "take_along_axis": "a, indices, axis",
    "transpose": "a, axes=None",
    "where": "condition, x=None, y=None",
    "zeros": "shape, dtype=<class 'float'>, order='C'",
    "zeros_like": "a, dtype=None, order='K', subok=None, shape=None",
}  # fmt: skip

#: functions of every element, which take `out`, `dtype` and `casting` besides
UFUNCS = (
    *("absolute", "add", "ceil", "copysign", "cos", "cosh", "divide", "equal", "exp", "exp2", "expm1", "floor"),
    *("floor_divide", "fmax", "fmin", "greater", "greater_equal", "invert", "isfinite", "isinf", "isnan", "less"),
    *("less_equal", "log", "log10", "log1p", "log2", "logical_and", "logical_not", "logical_or", "maximum", "minimum"),
    *("multiply", "negative", "not_equal", "power", "reciprocal", "remainder", "rint", "sign", "sin", "sinh", "sqrt"),
    *("square", "subtract", "tan", "tanh", "true_divide"),
)

#: what is the same in both libraries: types, constants, and functions of types
SAME = (
    *("bool_", "broadcast_shapes", "can_cast", "dtype", "finfo", "float16", "float32", "float64", "generic", "iinfo"),
    *("inf", "int8", "int16", "int32", "int64", "issubdtype", "nan", "ndim", "newaxis", "number", "pi"),
    *("promote_types", "result_type", "uint8"),
)

#: methods of arrays -> parameters
METHODS = {
    "all": "axis=None, out=None, keepdims=False",
    "any": "axis=None, out=None, keepdims=False",
    "argmax": "axis=None, out=None, dtype=None, keepdims=False",
    "argmin": "axis=None, out=None, dtype=None, keepdims=False",
    "astype": "dtype, order='K', casting=None, subok=None, copy=True",
    "clip": "min=None, max=None, out=None",
    "copy": "order='C'",
    "dot": "b, out=None",
    "fill": "value",
    "flatten": "order='C'",
    "max": "axis=None, out=None, keepdims=False",
    "mean": "axis=None, dtype=None, out=None, keepdims=False",
    "min": "axis=None, out=None, keepdims=False",
    "prod": "axis=None, dtype=None, out=None, keepdims=None",
    "ravel": "order='C'",
    "reshape": "*shape, order='C', copy=None",
    "squeeze": "axis=None",
    "std": "axis=None, dtype=None, out=None, ddof=0, keepdims=False",
    "sum": "axis=None, dtype=None, out=None, keepdims=False",
    "swapaxes": "axis1, axis2",
    "take": "indices, axis=None, out=None",
    "transpose": "*axes",
    "var": "axis=None, dtype=None, out=None, ddof=0, keepdims=False",
}

#: attributes of arrays
ATTRIBUTES = ("base", "flags", "itemsize", "nbytes", "ndim", "size", "strides")

#: functions of `cupy.random`, which draw on the device -> parameters
RANDOM = {
    "normal": "loc=0.0, scale=1.0, size=None, dtype=<class 'float'>",
    "rand": "*size, **kwarg",
    "uniform": "low=0.0, high=1.0, size=None, dtype=<class 'float'>",
}

#: of `cupy.linalg`
LINALG = {"norm": "x, ord=None, axis=None, keepdims=False"}

#: of `cupy.cuda.cublas`
CUBLAS = {
    "gemmStridedBatchedEx": "handle, transa, transb, m, n, k, alpha, A, Atype, lda, strideA, B, Btype, ldb, strideB, "
    "beta, C, Ctype, ldc, strideC, batchCount, computeType, algo",
}

#: of `cupyx.scipy.special`
SPECIAL = ("erf", "erfc")


class Signature:
    """What a name takes; calling it with anything else is the TypeError that it is in CuPy."""

    def __init__(self, name: str, parameters: str) -> None:
        self.name = name
        self._signature = inspect.signature(eval(f"lambda {parameters}: None".replace("<class 'float'>", "float")))

    def check(self, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        try:
            self._signature.bind(*args, **options)
        except TypeError as error:
            raise TypeError(f"cupy's {self.name}: {error}") from None
