"""The fully connected layer.

x (N, ...) with I elements per row;  W (O, I);  b (O,);  y (N, O) = x W^T + b.
"""

import math
from collections.abc import Iterator
from typing import Any

from dwbridge.autograd import Parameter, Variable, as_array
from dwbridge.functions import linear
from dwbridge.initializers import _get_initializer
from dwbridge.links.link import Link


class Linear(Link):
    """Fully connected layer.

    `Linear(out_size)` is short for `Linear(None, out_size)`.

    Args:
        in_size: number of inputs I; None takes it from the first input.
        out_size: number of outputs O.
        nobias: whether there is no bias.
        initialW: initializer of W: a scalar, an array, a callable or an `Initializer`; None for `LeCunNormal`.
        initial_bias: initializer of b; None for 0.

    Attributes:
        W: weight, of shape (O, I).
        b: bias, of shape (O,), or None.

    Example:
        >>> import numpy as np
        >>> Linear(12, 5)(np.zeros((2, 3, 4), np.float32)).shape
        (2, 5)
    """

    def __init__(
        self,
        in_size: int | None,
        out_size: int | None = None,
        nobias: bool = False,
        initialW: Any = None,
        initial_bias: Any = None,
    ) -> None:
        super().__init__()
        if out_size is None:
            in_size, out_size = None, in_size
        self.in_size = in_size
        self.out_size = out_size
        with self.init_scope():
            self.W = Parameter(_get_initializer(initialW))
            if in_size is not None:
                self._initialize_params(in_size)
            bias = _get_initializer(0 if initial_bias is None else initial_bias)
            self.b = None if nobias else Parameter(bias, out_size)

    def _initialize_params(self, in_size: int) -> None:
        self.W.initialize((self.out_size, in_size))

    @classmethod
    def from_params(cls, W: Any, b: Any = None, nobias: bool = False) -> "Linear":
        """A layer with the given weight and bias (arrays or variables)."""
        out_size, in_size = W.shape
        if b is not None and b.size != out_size:
            raise ValueError(f"`out_size` (={out_size}) does not match the size of `b` (={b.size})")
        return cls(in_size, out_size, nobias, as_array(W), as_array(b))

    @property
    def printable_specs(self) -> Iterator[tuple[str, Any]]:
        yield "in_size", self.in_size
        yield "out_size", self.out_size
        yield "nobias", self.b is None

    def forward(self, x: Any, n_batch_axes: int = 1) -> Variable:
        """x W^T + b.

        Args:
            x: (batch axes ..., axes of one input ...); the latter hold I elements together.
            n_batch_axes: how many batch axes there are.
        """
        if self.W.array is None:
            self._initialize_params(math.prod(x.shape[n_batch_axes:]))
        return linear(x, self.W, self.b, n_batch_axes=n_batch_axes)
