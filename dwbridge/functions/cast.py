"""Cast: the same numbers, rounded to another floating type."""

from __future__ import annotations

from typing import Any

import numpy as np

from dwbridge.autograd import Variable, as_variable
from dwbridge.backend import Array
from dwbridge.functions.unary import Unary


class Cast(Unary):
    """See `cast`."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = np.dtype(dtype)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.x_dtype = x.dtype
        return (x.astype(self.dtype),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return (cast(grad_outputs[0], self.x_dtype),)


def cast(x: Any, typ: Any) -> Variable:
    """x as another floating type; x itself if it has that type already.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.cast(np.ones(2, 'f'), np.float16).dtype
        dtype('float16')
    """
    x = as_variable(x)
    return x if x.dtype == typ else Cast(typ).apply((x,))[0]
