"""Matrix product: y[..., i, j] = sum over k of a[..., i, k] b[..., k, j], leading axes broadcast.

a (..., I, K);  b (..., K, J);  y (..., I, J). A vector a is one row, a vector b one column, and y has no axis for it.
Sums of 16-bit types are formed in float32 and rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.autograd import FunctionNode, Variable, as_variable
from dwbridge.autograd.type_check import TypeInfo, expect, expect_count, expect_equal, expect_floating
from dwbridge.backend import Array, compute_dtype, get_array_module
from dwbridge.functions.broadcast_to import sum_to
from dwbridge.functions.cast import cast
from dwbridge.functions.reshape import reshape
from dwbridge.functions.transpose import transpose


class MatMul(FunctionNode):
    """See `matmul`."""

    input_names = ("a", "b")

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 2)
        a, b = in_types
        expect_floating(a, b)
        for info in in_types:
            expect(info.ndim >= 1, f"{info.name}.ndim >= 1", f"{info.name}.ndim is {info.ndim}")
        k = max(-2, -b.ndim)
        expect_equal("a.shape[-1]", a.shape[-1], f"b.shape[{k}]", b.shape[k])
        try:
            np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        except ValueError:
            expect(False, "leading axes of a and b that broadcast", f"{a.shape} and {b.shape}")

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        a, b = inputs
        self.retain_inputs((0, 1))
        xp = get_array_module(a)
        dtype = xp.result_type(a.dtype, b.dtype)
        wide = compute_dtype(dtype)
        y = xp.matmul(a.astype(wide, copy=False), b.astype(wide, copy=False))
        return (xp.asarray(y, dtype=dtype),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        a, b = self.get_retained_inputs()
        (gy,) = grad_outputs
        assert gy is not None
        row = reshape(a, (1, *a.shape)) if a.ndim == 1 else a
        column = reshape(b, (*b.shape, 1)) if b.ndim == 1 else b
        lead = np.broadcast_shapes(row.shape[:-2], column.shape[:-2])
        gy = reshape(gy, (*lead, row.shape[-2], column.shape[-1]))
        gradients = {
            0: lambda: _fitted(matmul(gy, column, transb=True), row.shape, a),
            1: lambda: _fitted(matmul(row, gy, transa=True), column.shape, b),
        }
        return tuple(gradients[i]() for i in target_input_indexes)


def _fitted(gradient: Variable, matrix_shape: tuple[int, ...], x: Variable) -> Variable:
    return cast(reshape(sum_to(gradient, matrix_shape), x.shape), x.dtype)


def _transposed(x: Any, wanted: bool) -> Variable:
    x = as_variable(x)
    return transpose(x, (*range(x.ndim - 2), -1, -2)) if wanted and x.ndim > 1 else x


def matmul(a: Any, b: Any, transa: bool = False, transb: bool = False) -> Variable:
    """The matrix product, with leading axes broadcast.

    Args:
        a: (..., I, K), or (K,), of a floating dtype.
        b: (..., K, J), or (K,), of a floating dtype; y has the wider one of the two.
        transa, transb: transpose the last two axes of a or b first; a vector stays as it is.

    Returns:
        (..., I, J), without the axis that a vector does not have.

    Raises:
        InvalidType: if a dtype is not floating, if K differs, or if leading axes do not broadcast.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.matmul(np.array([[1., 2.], [3., 4.]]), np.array([10., 1.])).array
        array([12., 34.])
    """
    return MatMul().apply((_transposed(a, transa), _transposed(b, transb)))[0]
