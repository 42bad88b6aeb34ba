"""Error in units of the bound: what a runtime's rounding explains is at most 1.

    units = max over elements of |y - y64| / (bound + underflow)        0 / 0 = 0,  x / 0 = inf

y is the runtime's array, y64 the float64 oracle's, bound the componentwise bound that the operator's translation gives
for unit roundoff u (Higham, Accuracy and Stability of Numerical Algorithms, ch. 3). That bound assumes that nothing
underflows. A product or quotient that does is off by at most half a subnormal (u times the smallest normal), or, where
subnormals are flushed to zero (CUDA's fast paths; the clamped exponential of onnxruntime's Softmax), by at most the
smallest normal of the type in which it is computed. 16-bit types are computed in float32, so:

    underflow = smallest normal of the computing type + u * smallest normal of the type

It is added where the bound is not 0: an operator that only moves or compares values (bound 0) has nothing to underflow.
"""

from dataclasses import dataclass

import numpy as np

from dwbridge.backend import compute_dtype


@dataclass(frozen=True)
class Rounding:
    """A floating type's unit roundoff u and smallest normal number."""

    u: float
    smallest_normal: float


ROUNDING = {
    "float16": Rounding(2.0**-11, 2.0**-14),
    "bfloat16": Rounding(2.0**-8, 2.0**-126),
    "float32": Rounding(2.0**-24, 2.0**-126),
    "float64": Rounding(2.0**-53, 2.0**-1022),
}


def unit_roundoff(dtype: np.dtype) -> float:
    """The unit roundoff u of a floating type; 0 for every other type, whose arithmetic is exact.

    >>> unit_roundoff(np.dtype('float32')) == 2 ** -24, unit_roundoff(np.dtype('int64'))
    (True, 0.0)
    """
    rounding = ROUNDING.get(dtype.name)
    return rounding.u if rounding else 0.0


def underflow(dtype: np.dtype) -> float:
    """What underflow explains of an element's error, absolute.

    >>> underflow(np.dtype('float16')) == 2 ** -25 + 2 ** -126
    True
    """
    rounding = ROUNDING.get(dtype.name)
    if rounding is None:
        return 0.0
    return ROUNDING[compute_dtype(dtype).name].smallest_normal + rounding.u * rounding.smallest_normal


def error_in_units(y: np.ndarray, y64: np.ndarray, bound: np.ndarray) -> float:
    """The largest error of an array, in units of its bound.

    Args:
        y: what a runtime computed; its dtype is the model's.
        y64: the same in float64, of the same shape.
        bound: bound on the absolute error of each element, broadcastable to that shape.

    Returns:
        The largest quotient; 0 for an empty array. inf where one is NaN or infinite and the other is not the same, and
        where the shapes differ. An infinity that a number within the bound would round to is no error.

    Example:
        >>> y64 = np.array([1., 2.])
        >>> error_in_units(np.array([1., 2.5], 'f'), y64, bound=np.array([0., 1.]))
        0.5
    """
    if y.shape != y64.shape:
        return float("inf")
    with np.errstate(all="ignore"):
        quotients = _quotients(y, np.asarray(y64, np.float64), np.asarray(bound, np.float64))
    return float(np.max(quotients, initial=0.0))


def largest_error(y: np.ndarray, y64: np.ndarray) -> float:
    """The largest absolute difference; NaN and infinity that both sides share count as 0, and one-sided ones as inf.

    >>> largest_error(np.array([1., np.inf]), np.array([1.25, np.inf]))
    0.25
    """
    if y.shape != y64.shape:
        return float("inf")
    with np.errstate(all="ignore"):
        return float(np.max(_difference(np.asarray(y, np.float64), np.asarray(y64, np.float64)), initial=0.0))


def _quotients(y: np.ndarray, y64: np.ndarray, bound: np.ndarray) -> np.ndarray:
    error = _difference(y.astype(np.float64), y64)
    error = np.where(_overflow_within(y, y64, bound), 0.0, error)
    bound = np.where(bound > 0, bound + underflow(y.dtype), bound)
    # A bound that is NaN (from an infinite input) bounds nothing, and is no excuse either: only a right answer passes.
    return np.where(error == 0, 0.0, np.where(np.isnan(bound), np.inf, error / bound))


def _difference(y: np.ndarray, y64: np.ndarray) -> np.ndarray:
    same = (y == y64) | (np.isnan(y) & np.isnan(y64))
    difference = np.where(same, 0.0, np.abs(y - y64))
    return np.where(np.isnan(difference), np.inf, difference)


def _overflow_within(y: np.ndarray, y64: np.ndarray, bound: np.ndarray) -> np.ndarray:
    """Where y is infinite, and so is a number within the bound of y64 once it is rounded to y's type."""
    if not unit_roundoff(y.dtype):
        return np.zeros(y.shape, bool)
    sign = np.sign(y.astype(np.float64))
    return np.isinf(y) & ((y64 + sign * bound).astype(y.dtype) == y)
