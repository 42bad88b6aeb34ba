"""Rounding: what n operations in floating point add to an error.

With unit roundoff u, the product of n factors (1 + d), |d| <= u, lies within 1 +- gamma_n, gamma_n = n u / (1 - n u).
A sum of n products, in any order, is off by at most gamma_n times the sum of their magnitudes.
Source: Higham, Accuracy and Stability of Numerical Algorithms (2002), chapters 2 and 3.
"""

from __future__ import annotations

import numpy as np


def gamma(n: int, u: float) -> float:
    """gamma_n. Infinite where n u reaches 1: nothing is promised then.

    >>> gamma(10, 2.0**-24) > 10 * 2.0**-24
    True
    """
    return n * u / (1 - n * u) if n * u < 1 else float("inf")


def error_of(error: np.ndarray | None) -> np.ndarray | float:
    """An error that may be absent (exact)."""
    return 0.0 if error is None else error


def carried(x: np.ndarray | None, error: np.ndarray | None) -> np.ndarray:
    """The error of an operator that only moves or compares numbers: what came in, as an array of the shape of x."""
    assert x is not None
    return np.broadcast_to(np.asarray(error_of(error), dtype=np.float64), x.shape)
