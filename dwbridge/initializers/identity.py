"""The identity matrix as initializer."""

from typing import Any

from dwbridge.backend import Array, get_array_module
from dwbridge.initializers.initializer import Initializer


class Identity(Initializer):
    """Fills a square matrix with `scale` times the identity.

    Raises:
        ValueError: when called with anything but a square matrix.
    """

    def __init__(self, scale: float = 1.0, dtype: Any = None) -> None:
        super().__init__(dtype)
        self.scale = scale

    def __call__(self, array: Array) -> None:
        self._check_dtype(array)
        shape = array.shape
        if len(shape) != 2 or shape[0] != shape[1]:
            raise ValueError(f"Identity: expected a square matrix to fill, got shape {shape}")
        array[...] = get_array_module(array).identity(shape[0]) * self.scale
