"""Natural logarithm: y = log(x), for x > 0."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.div import div
from dwbridge.functions.unary import Unary


class Log(Unary):
    """See `log`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_inputs((0,))
        xp = get_array_module(x)
        return (xp.asarray(xp.log(x)),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (x,) = self.get_retained_inputs()
        return (div(grad_outputs[0], x),)


def log(x: Any) -> Variable:
    """log(x), element by element; -inf at 0 and NaN below, with NumPy's warnings.

    Args:
        x: an array of a floating dtype, of any shape.

    Raises:
        InvalidType: if x is not floating.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.log(np.array([1., 4.])).array
        array([0.        , 1.38629436])
    """
    return Log().apply((x,))[0]
