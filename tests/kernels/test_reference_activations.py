"""The reference activations where the operators' cases do not look: large numbers, NaN, infinity, the tails."""

import math
from typing import Any

import numpy as np
import pytest

from dwbridge.kernels.reference import activations

#: routine -> its constants, and whether its gradient takes y
ROUTINES: dict[str, tuple[tuple[float, ...], bool]] = {
    "relu": ((), True),
    "clipped_relu": ((6.0,), True),
    "leaky_relu": ((0.2,), True),
    "sigmoid": ((), True),
    "tanh": ((), True),
    "hard_sigmoid": ((0.2, 0.5), True),
    "hard_swish": ((), False),
    "swish": ((1.0,), False),
    "erf": ((), False),
    "gelu": ((), False),
    "gelu_tanh": ((), False),
}


def both(name: str, x: Any) -> tuple[np.ndarray, np.ndarray]:
    """y and dy/dx."""
    constants, of_y = ROUTINES[name]
    x = np.asarray(x)
    y = getattr(activations, name)(x, *constants)
    return y, getattr(activations, f"{name}_gradient")(y if of_y else x, np.ones_like(x), *constants)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ROUTINES)
def test_every_gradient_is_the_slope(name: str, dtype: str) -> None:
    x = (np.arange(-80, 80) / 16 + 1 / 32).astype(dtype)  # meets no kink
    _, gx = both(name, x)
    step = 2.0**-12
    above, below = both(name, x.astype("float64") + step)[0], both(name, x.astype("float64") - step)[0]
    u = float(np.finfo(dtype).eps) if dtype != "float64" else 0
    np.testing.assert_allclose(gx.astype("float64"), (above - below) / (2 * step), rtol=4 * u, atol=2e-6 + 2 * u)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ROUTINES)
def test_large_numbers_neither_overflow_nor_warn(name: str, dtype: str) -> None:
    large = float(np.finfo(dtype).max) / 8
    y, gx = both(name, np.array([-large, large], dtype))
    assert np.isfinite(y).all() and np.isfinite(gx).all()
    assert y.dtype == gx.dtype == dtype


@pytest.mark.parametrize("name", ROUTINES)
def test_nan_gives_nan(name: str) -> None:
    y, gx = both(name, np.array([np.nan, 1], np.float32))
    assert np.isnan(y).tolist() == [True, False]
    made_of_lines = name in ("relu", "clipped_relu", "hard_sigmoid", "hard_swish")
    assert (gx[0] == 0) if made_of_lines else (np.isnan(gx[0]) or name == "leaky_relu")


@pytest.mark.parametrize("name", ROUTINES)
def test_an_array_without_axes_stays_one(name: str) -> None:
    y, gx = both(name, np.array(0.25, np.float32))
    assert isinstance(y, np.ndarray) and isinstance(gx, np.ndarray) and y.shape == gx.shape == ()


def test_tails_keep_their_digits() -> None:
    x = np.array([-9.0, -5.0], np.float32)
    normal = np.array([math.erfc(-v / math.sqrt(2)) / 2 for v in x.tolist()])
    np.testing.assert_allclose(activations.gelu(x), x * normal, rtol=4e-7)
    x = np.array([-60.0, -20.0], np.float32)
    np.testing.assert_allclose(activations.sigmoid(x), np.exp(x.astype("float64")), rtol=4e-7)
    np.testing.assert_allclose(activations.swish(x, 1.0), x * np.exp(x.astype("float64")), rtol=4e-7)


def test_16_bit_types_are_rounded_once() -> None:
    x = np.linspace(-4, 4, 1001).astype(np.float16)
    for name in ROUTINES:
        exact = both(name, x.astype(np.float32))[0]
        np.testing.assert_array_equal(both(name, x)[0], exact.astype(np.float16), err_msg=name)
