"""NumPy's methods on variables, by way of the functions of the same meaning."""

from __future__ import annotations

from typing import Any, SupportsIndex

from dwbridge.autograd.operators import operators


class ArrayMethods:
    """`reshape`, `transpose`, `T`, `mean` and `sum`, which are recorded and differentiated like functions."""

    def reshape(self, *shape: Any) -> Any:
        """`functions.reshape`; the shape as one tuple or as integers."""
        single = len(shape) == 1 and not isinstance(shape[0], SupportsIndex)
        return operators().reshape(self, tuple(shape[0]) if single else shape)

    def transpose(self, *axes: Any) -> Any:
        """`functions.transpose`; the axes as one tuple or as integers; none, or None, reverses them."""
        single = len(axes) == 1 and not isinstance(axes[0], SupportsIndex)
        return operators().transpose(self, (axes[0] if single else axes) or None)

    @property
    def T(self) -> Any:
        """The axes in reverse order."""
        return self.transpose()

    def mean(self, axis: Any = None, *, weights: Any = None, keepdims: bool = False) -> Any:
        """`functions.average`: the mean over axes, weighted if weights are given."""
        return operators().average(self, axis, weights, keepdims)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """`functions.sum` (which Chainer's variables do not have as a method)."""
        return operators().sum(self, axis, keepdims)
