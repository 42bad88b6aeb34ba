"""Identity: y = x, as a step of its own in the graph."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.backend import Array


class Identity(FunctionNode):
    """See `identity`."""

    input_names = ("x",)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        return inputs

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return (grad_outputs[0],)


def identity(x: Any) -> Variable:
    """x itself, behind a new variable that shares its array.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.identity(np.array([1., 2.])).array
        array([1., 2.])
    """
    return Identity().apply((x,))[0]
