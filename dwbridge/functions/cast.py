"""Cast: the same numbers, rounded to another floating type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.autograd import FunctionNode, Variable, as_variable
from dwbridge.autograd.type_check import TypeInfo, expect_count, expect_floating
from dwbridge.backend import Array


class Cast(FunctionNode):
    """See `cast`."""

    input_names = ("x",)

    def __init__(self, dtype: Any) -> None:
        self.dtype = np.dtype(dtype)

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 1)
        expect_floating(in_types[0])

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
