"""Normal distributions around 0: fixed deviation, or one scaled by the fans of the array.

Streams are Chainer's, bit for bit: `numpy.random.normal` draws float64 from NumPy's global state (or from `rng`),
and the result is cast to the array's type. Seed with `numpy.random.seed`. On a GPU the array's library draws.
"""

from typing import Any

import numpy as np

from dwbridge.backend import Array, copyto, get_array_module
from dwbridge.initializers.fans import get_fans
from dwbridge.initializers.initializer import Initializer


class Normal(Initializer):
    """Draws every element from a normal distribution of mean 0.

    Args:
        scale: standard deviation.
        dtype: see `Initializer`.
        rng: a `numpy.random.RandomState` or CuPy's to draw from; None for the library's global state.

    Example:
        >>> np.random.seed(0)
        >>> x = np.empty(2, np.float32)
        >>> Normal(1.0)(x)
        >>> x
        array([1.7640524, 0.4001572], dtype=float32)
    """

    def __init__(self, scale: float = 0.05, dtype: Any = None, *, rng: Any = None) -> None:
        super().__init__(dtype)
        self.scale = scale
        self.rng = rng

    def __call__(self, array: Array) -> None:
        self._check_dtype(array)
        source = get_array_module(array).random if self.rng is None else self.rng
        copyto(array, source.normal(loc=0.0, scale=self._deviation(array.shape), size=array.shape))

    def _deviation(self, shape: tuple[int, ...]) -> float:
        return self.scale


class LeCunNormal(Normal):
    """Normal with deviation `scale * sqrt(1 / fan_in)` (LeCun et al., Efficient BackProp, 1998)."""

    def __init__(self, scale: float = 1.0, dtype: Any = None, *, rng: Any = None) -> None:
        super().__init__(scale, dtype, rng=rng)

    def _deviation(self, shape: tuple[int, ...]) -> float:
        fan_in, _ = get_fans(shape)
        return self.scale * np.sqrt(1.0 / fan_in)


class GlorotNormal(Normal):
    """Normal with deviation `scale * sqrt(2 / (fan_in + fan_out))` (Glorot and Bengio, AISTATS 2010)."""

    def __init__(self, scale: float = 1.0, dtype: Any = None, *, rng: Any = None) -> None:
        super().__init__(scale, dtype, rng=rng)

    def _deviation(self, shape: tuple[int, ...]) -> float:
        return self.scale * np.sqrt(2.0 / sum(get_fans(shape)))


class HeNormal(Normal):
    """Normal with deviation `scale * sqrt(2 / fan)` (He et al., arXiv:1502.01852).

    Args:
        fan_option: `'fan_in'` or `'fan_out'`: which fan it is.

    Raises:
        ValueError: when called, if `fan_option` is neither.
    """

    def __init__(self, scale: float = 1.0, dtype: Any = None, fan_option: str = "fan_in", *, rng: Any = None) -> None:
        super().__init__(scale, dtype, rng=rng)
        self.fan_option = fan_option

    def _deviation(self, shape: tuple[int, ...]) -> float:
        if self.fan_option not in ("fan_in", "fan_out"):
            raise ValueError(f"HeNormal: expected 'fan_in' or 'fan_out' as fan_option, got {self.fan_option!r}")
        fan_in, fan_out = get_fans(shape)
        return self.scale * np.sqrt(2.0 / (fan_in if self.fan_option == "fan_in" else fan_out))
