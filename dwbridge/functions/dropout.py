"""Dropout: while training, elements are zeroed at random and the others scaled up, so that the mean stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.autograd import FunctionNode, Variable, as_variable
from dwbridge.autograd.type_check import TypeInfo, expect, expect_count, expect_floating
from dwbridge.backend import Array, get_array_module
from dwbridge.configuration import config
from dwbridge.functions.mul import mul


class Dropout(FunctionNode):
    """See `dropout`. `mask` holds 0 or 1 / (1 - ratio); it is drawn in forward unless it is given."""

    input_names = ("x",)

    def __init__(self, ratio: float, mask: Array | None = None) -> None:
        self.ratio, self.mask = ratio, mask

    def check_type_forward(self, in_types: Sequence[TypeInfo]) -> None:
        expect_count(in_types, 1)
        expect_floating(in_types[0])
        if self.mask is not None:
            expect(self.mask.shape == in_types[0].shape, "mask.shape == x.shape", f"{self.mask.shape}")

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        if self.mask is None:
            kept = get_array_module(x).random.rand(*x.shape) >= self.ratio
            self.mask = kept * x.dtype.type(1.0 / (1 - self.ratio))
        return (x * self.mask,)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        return (mul(grad_outputs[0], self.mask),)


def dropout(x: Any, ratio: float = 0.5, *, mask: Any = None, return_mask: bool = False) -> Any:
    """Drops elements at random while `config.train` is set; otherwise x itself.

    Args:
        x: an array of a floating dtype.
        ratio: the probability of dropping, 0 <= ratio < 1.
        mask: what to multiply x with, instead of drawing it.
        return_mask: also return the mask (None outside of training).

    Raises:
        ValueError: if the ratio is out of range.

    Example:
        >>> import dwbridge, numpy as np
        >>> from dwbridge import functions as F
        >>> with dwbridge.using_config('train', False):
        ...     F.dropout(np.array([1., 2.])).array
        array([1., 2.])
    """
    if not 0.0 <= ratio < 1.0:
        raise ValueError(f"dropout ratio must be at least 0 and below 1, got {ratio}")
    function = Dropout(ratio, mask)
    y = function.apply((x,))[0] if config.train else as_variable(x)
    return (y, function.mask) if return_mask else y
