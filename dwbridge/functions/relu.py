"""Rectified linear unit: y = max(x, 0). Its derivative at 0 is taken to be 0."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.mul import mul
from dwbridge.functions.unary import Unary


class ReLU(Unary):
    """See `relu`."""

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        self.retain_outputs((0,))
        xp = get_array_module(x)
        return (xp.asarray(xp.maximum(x, x.dtype.type(0))),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (y,) = self.get_retained_outputs()
        return (mul(grad_outputs[0], (y.array > 0).astype(y.dtype)),)


def relu(x: Any) -> Variable:
    """max(x, 0), element by element.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.relu(np.array([-1., 0., 2.])).array
        array([0., 0., 2.])
    """
    return ReLU().apply((x,))[0]
