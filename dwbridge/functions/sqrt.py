"""Square root: y = sqrt(x), for x >= 0. Its derivative is 1 / (2 y)."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.div import div
from dwbridge.functions.mul import mul
from dwbridge.functions.unary import Unary


class Sqrt(Unary):
    """See `sqrt`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_outputs((0,))
        xp = get_array_module(x)
        return (xp.asarray(xp.sqrt(x)),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (y,) = self.get_retained_outputs()
        return (div(grad_outputs[0], mul(y, 2.0)),)


def sqrt(x: Any) -> Variable:
    """sqrt(x), element by element; NaN below 0, with NumPy's warning.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.sqrt(np.array([1., 4.])).array
        array([1., 2.])
    """
    return Sqrt().apply((x,))[0]
