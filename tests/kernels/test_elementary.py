"""The elementary functions of the compiled kernels: error in units in the last place, over all exponents.

Judged against float64 for float32, and against long double, where the machine has one, for float64. The distribution of
the normal numbers comes from the C library's erfc, corrected for what its argument loses.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from seed import SEED

activations = pytest.importorskip("dwbridge.kernels.compiled.activations", reason="Numba is not installed")

Function = Callable[[np.ndarray], np.ndarray]
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def numbers(dtype: str) -> np.ndarray:
    """Both signs and every exponent, down to the denormal numbers; and, densely, where something happens."""
    rng = np.random.default_rng(SEED)
    smallest, largest = {"float32": (-149, 128), "float64": (-1074, 1024)}[dtype]
    exponents = np.arange(smallest, largest, 1 if dtype == "float32" else 4)
    x = np.ldexp(rng.uniform(1, 2, (len(exponents), 200)), exponents[:, None]).ravel()
    x = np.concatenate([x, -x, rng.uniform(-20, 20, 100_000), rng.uniform(-110, 0, 50_000)])
    return x[np.isfinite(x.astype(dtype))].astype(dtype)


def logistic(x: np.ndarray) -> np.ndarray:
    power = np.exp(-abs(x))
    return np.where(x < 0, power, 1) / (1 + power)


def c_library(name: str) -> Function:
    return lambda x: np.frompyfunc(getattr(math, name), 1, 1)(x.astype(np.float64)).astype(np.float64)


def normal_distribution(x: np.ndarray) -> np.ndarray:
    exact = -x.astype(np.longdouble) / np.sqrt(np.longdouble(2))
    z = exact.astype(np.float64)
    return c_library("erfc")(z) / 2 - (exact - z) * np.exp(-z * z) / math.sqrt(math.pi)


def errors(y: np.ndarray, exact: np.ndarray, dtype: str) -> Any:
    """In units in the last place of the exact result."""
    return abs(y - exact) / np.spacing(abs(exact).astype(dtype))


#: routine -> exact function, units in float32, units in float64 (those of the C library included)
EXACT: dict[str, tuple[Function, float, float]] = {
    "sigmoid": (logistic, 3, 3),
    "tanh": (np.tanh, 3, 3),
    "erf": (c_library("erf"), 3, 4),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EXACT)
def test_error_over_all_exponents(name: str, dtype: str) -> None:
    function, *units = EXACT[name]
    x = numbers(dtype)
    exact = function(x.astype("float64" if dtype == "float32" else np.longdouble))
    assert errors(getattr(activations, name)(x), exact, dtype).max() <= units[dtype == "float64"]


@pytest.mark.parametrize(("dtype", "reach"), [("float32", 12.0), ("float64", 37.0)])
def test_gelu_keeps_its_digits_in_the_tail(dtype: str, reach: float) -> None:
    x = numbers(dtype)
    x = x[(abs(x) < reach) & (abs(x) > 1e-30)]
    exact = x * normal_distribution(x)
    assert errors(activations.gelu(x), exact, dtype).max() <= 6


@pytest.mark.parametrize(("dtype", "reach"), [("float32", 85.0), ("float64", 700.0)])
def test_swish_keeps_its_digits_in_the_tail(dtype: str, reach: float) -> None:
    x = numbers(dtype)
    x = x[(abs(x) < reach) & (abs(x) > 1e-30)]
    wide = x.astype("float64" if dtype == "float32" else np.longdouble)
    assert errors(activations.swish(x, 1.0), wide * logistic(wide), dtype).max() <= 4


def test_what_underflows_does_so_gradually() -> None:
    x = np.array([-87.0, -95.0, -103.0, -105.0], np.float32)
    y = activations.sigmoid(x)
    np.testing.assert_allclose(
        y, np.exp(x.astype(np.float64)), rtol=0, atol=float(np.finfo(np.float32).smallest_subnormal)
    )
    assert y[2] > 0 and y[3] == 0
