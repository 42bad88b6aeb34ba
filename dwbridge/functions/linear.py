"""Linear: y = x W^T + b.    x (N, I);  W (O, I);  b (O,);  y (N, O)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import Variable, as_variable
from dwbridge.autograd.type_check import TypeInfo, expect_count, expect_equal, expect_floating, expect_ndim
from dwbridge.functions.bilinear import Bilinear
from dwbridge.functions.reshape import reshape


class LinearFunction(Bilinear):
    """See `linear`."""

    kernels = "linear"
    checked_attributes = ()

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 2, 3)
        x, W = in_types[:2]
        expect_floating(x, W)
        expect_ndim(x, 2)
        expect_ndim(W, 2)
        expect_equal("x.shape[1]", x.shape[1], "W.shape[1]", W.shape[1])
        if len(in_types) == 3:
            b = in_types[2]
            expect_equal("b.dtype", b.dtype, "x.dtype", x.dtype)
            expect_ndim(b, 1)
            expect_equal("b.shape[0]", b.shape[0], "W.shape[0]", W.shape[0])


def linear(x: Any, W: Any, b: Any = None, n_batch_axes: int = 1) -> Variable:
    """Multiplies by a matrix and adds a bias.

    Args:
        x: (..., I): the first `n_batch_axes` axes are kept, the others are flattened into I.
        W: weights (O, I).
        b: bias (O,), of the dtype of x, or None.
        n_batch_axes: how many axes of x are batch axes.

    Returns:
        y (the batch axes..., O), of the dtype of x.

    Raises:
        InvalidType: if dtypes or shapes do not fit.
        ValueError: if `n_batch_axes` is not positive.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.linear(np.ones((3, 4), 'f'), np.ones((5, 4), 'f'), np.zeros(5, 'f')).shape
        (3, 5)
    """
    if n_batch_axes < 1:
        raise ValueError(f"n_batch_axes should be 1 or larger, got {n_batch_axes}")
    x = as_variable(x)
    batch = x.shape[:n_batch_axes]
    if n_batch_axes > 1:
        x = reshape(x, (math.prod(batch), -1))
    elif x.ndim > 2:
        x = reshape(x, (x.shape[0], math.prod(x.shape[1:])))
    y = LinearFunction().apply((x, W) if b is None else (x, W, b))[0]
    return reshape(y, (*batch, -1)) if n_batch_axes > 1 else y
