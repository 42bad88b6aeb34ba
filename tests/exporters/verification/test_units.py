"""Units of the bound: zero over zero, infinity, overflow and underflow."""

import numpy as np
import pytest

from dwbridge.exporters.ops.rounding import gamma
from dwbridge.exporters.verification.units import error_in_units, largest_error, underflow, unit_roundoff

INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("y", "y64", "bound", "units"),
    [
        (1.0, 1.0, 0.0, 0.0),
        (1.5, 1.0, 0.0, INF),
        (1.5, 1.0, 1.0, 0.5),
        (NAN, NAN, 0.0, 0.0),
        (NAN, 1.0, 1.0, INF),
        (1.0, NAN, NAN, INF),
        (INF, INF, 0.0, 0.0),
        (INF, -INF, 1.0, INF),
        (INF, 3.4e38, 1e38, 0.0),
        (INF, 1.0, 1.0, INF),
        (0.0, 1e-45, 1e-60, 0.0),
    ],
)
def test_quotients(y: float, y64: float, bound: float, units: float) -> None:
    found = error_in_units(np.array([y], "f"), np.array([y64]), np.array([bound]))
    assert found == pytest.approx(units, abs=1e-6)


def test_shapes_that_differ_and_arrays_of_nothing() -> None:
    assert error_in_units(np.zeros(2, "f"), np.zeros(3), np.zeros(3)) == INF
    assert error_in_units(np.zeros((0, 2), "f"), np.zeros((0, 2)), np.zeros((0, 2))) == 0
    assert largest_error(np.zeros(2), np.zeros(3)) == INF


def test_roundoffs() -> None:
    assert unit_roundoff(np.dtype(np.float32)) == np.finfo(np.float32).eps / 2
    assert unit_roundoff(np.dtype(np.float16)) == np.finfo(np.float16).eps / 2
    assert underflow(np.dtype(np.int64)) == 0


def test_gamma_is_what_n_roundings_do() -> None:
    u = 2.0**-24
    assert gamma(100, u) >= (1 + u) ** 100 - 1
    assert gamma(2**24, u) == INF
