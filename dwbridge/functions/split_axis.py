"""Split along one axis, into equal sections or at given indices.    Its gradient is concat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.autograd import FunctionNode, Variable
from dwbridge.autograd.type_check import TypeInfo, expect, expect_count
from dwbridge.backend import Array, get_array_module
from dwbridge.functions.concat import concat


class SplitAxis(FunctionNode):
    """See `split_axis`. `indices` are where sections begin, the first one left out."""

    input_names = ("x",)

    def __init__(self, indices: int | Sequence[int], axis: int) -> None:
        self.indices, self.axis = indices, axis

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 1)
        (x,) = in_types
        expect(-x.ndim <= self.axis < x.ndim, "-x.ndim <= axis < x.ndim", f"axis is {self.axis}, x.ndim is {x.ndim}")
        length = x.shape[self.axis]
        if isinstance(self.indices, int):
            expect(length % self.indices == 0, "x.shape[axis] % sections == 0", f"{length} % {self.indices}")
        elif self.indices:
            expect(max(self.indices) <= length, "max(indices) <= x.shape[axis]", f"{max(self.indices)} > {length}")

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        xp = get_array_module(x)
        # Copies: a view would keep all of x alive, and show a write to one section in x.
        parts = tuple(part.copy() for part in xp.split(x, self.indices, self.axis))
        self.shapes = [part.shape for part in parts]
        self.x_dtype = x.dtype
        return parts

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        xp = next(gy.xp for gy in grad_outputs if gy is not None)
        zeros = [xp.zeros(shape, self.x_dtype) for shape in self.shapes]
        return (concat([zero if gy is None else gy for gy, zero in zip(grad_outputs, zeros, strict=True)], self.axis),)


def split_axis(x: Any, indices_or_sections: Any, axis: int, force_tuple: bool = True) -> Any:
    """Sections of an array along an axis.

    Args:
        x: an array.
        indices_or_sections: the number of equal sections, or where all but the first begin (ascending).
        axis: the axis.
        force_tuple: give a tuple even of one section; otherwise a single one is given bare.

    Returns:
        A tuple of variables.

    Raises:
        InvalidType: if the sections do not fit the axis.
        TypeError: if `indices_or_sections` is neither an integer nor a sequence of integers.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> [part.array.tolist() for part in F.split_axis(np.arange(5.), [2, 3], axis=0)]
        [[0.0, 1.0], [2.0], [3.0, 4.0]]
    """
    parts = SplitAxis(_as_indices(indices_or_sections), axis).apply((x,))
    return parts if force_tuple or len(parts) > 1 else parts[0]


def _as_indices(given: Any) -> int | list[int]:
    if isinstance(given, (int, np.integer)):
        return int(given)
    if isinstance(given, (list, tuple, np.ndarray)):
        return [int(index) for index in given]
    raise TypeError(f"expected a number of sections or indices, got {type(given).__name__}")
