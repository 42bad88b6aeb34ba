"""What rounding explains: the error of a kernel in units of a bound, by an oracle in extended precision.

u is the unit roundoff, gamma(n, u) = n u / (1 - n u) bounds the relative error of n roundings (Higham, Accuracy and
Stability of Numerical Algorithms, ch. 3).
"""

import numpy as np

from dwbridge.backend import compute_dtype

LONG = np.longdouble


def unit(dtype: np.dtype) -> float:
    """Unit roundoff of a dtype."""
    return float(np.finfo(dtype).eps) / 2


def computing_unit(dtype: np.dtype) -> float:
    """Unit roundoff of the type that a dtype is computed in."""
    return unit(compute_dtype(dtype))


def gamma(n: int, u: float) -> float:
    return n * u / (1 - n * u)


def error(actual: np.ndarray, exact: np.ndarray, bound: np.ndarray) -> float:
    """The largest error in units of the bound, to which the rounding into the type of `actual` is added."""
    kind = np.finfo(actual.dtype)
    bound = bound * (1 + 2 * unit(actual.dtype)) + np.abs(exact) * unit(actual.dtype) + float(kind.smallest_subnormal)
    return float(np.max(np.abs(LONG(actual) - exact) / bound, initial=0))
