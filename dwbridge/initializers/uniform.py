"""Uniform distributions around 0: fixed bound, or one scaled by the fans of the array.

Streams are Chainer's, bit for bit: `numpy.random.uniform` draws float64 from NumPy's global state (or from `rng`),
and the result is cast to the array's type. Seed with `numpy.random.seed`. On a GPU the array's library draws.
"""

from typing import Any

import numpy as np

from dwbridge.backend import Array, copyto, get_array_module
from dwbridge.initializers.fans import get_fans
from dwbridge.initializers.initializer import Initializer


class Uniform(Initializer):
    """Draws every element from a uniform distribution over [-scale, scale).

    Args:
        scale: the bound.
        dtype: see `Initializer`.
        rng: a `numpy.random.RandomState` or CuPy's to draw from; None for the library's global state.

    Example:
        >>> np.random.seed(0)
        >>> x = np.empty(2, np.float32)
        >>> Uniform(1.0)(x)
        >>> x
        array([0.09762701, 0.43037874], dtype=float32)
    """

    def __init__(self, scale: float = 0.05, dtype: Any = None, *, rng: Any = None) -> None:
        super().__init__(dtype)
        self.scale = scale
        self.rng = rng

    def __call__(self, array: Array) -> None:
        self._check_dtype(array)
        source = get_array_module(array).random if self.rng is None else self.rng
        bound = self._bound(array.shape)
        copyto(array, source.uniform(low=-bound, high=bound, size=array.shape))

    def _bound(self, shape: tuple[int, ...]) -> float:
        return self.scale


class LeCunUniform(Uniform):
    """Uniform with bound `scale * sqrt(3 / fan_in)` (LeCun et al., Efficient BackProp, 1998)."""

    def __init__(self, scale: float = 1.0, dtype: Any = None, *, rng: Any = None) -> None:
        super().__init__(scale, dtype, rng=rng)

    def _bound(self, shape: tuple[int, ...]) -> float:
        fan_in, _ = get_fans(shape)
        return self.scale * np.sqrt(3.0 / fan_in)


class GlorotUniform(Uniform):
    """Uniform with bound `scale * sqrt(6 / (fan_in + fan_out))` (Glorot and Bengio, AISTATS 2010)."""

    def __init__(self, scale: float = 1.0, dtype: Any = None, *, rng: Any = None) -> None:
        super().__init__(scale, dtype, rng=rng)

    def _bound(self, shape: tuple[int, ...]) -> float:
        return self.scale * np.sqrt(6.0 / sum(get_fans(shape)))


class HeUniform(Uniform):
    """Uniform with bound `scale * sqrt(6 / fan_in)` (He et al., arXiv:1502.01852)."""

    def __init__(self, scale: float = 1.0, dtype: Any = None, *, rng: Any = None) -> None:
        super().__init__(scale, dtype, rng=rng)

    def _bound(self, shape: tuple[int, ...]) -> float:
        fan_in, _ = get_fans(shape)
        return self.scale * np.sqrt(6.0 / fan_in)
