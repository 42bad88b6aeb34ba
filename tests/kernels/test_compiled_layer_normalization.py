"""Compiled layer normalization: errors in units of the rounding bound; what is not finite; threads."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seed import SEED

from dwbridge.backend import compute_dtype
from dwbridge.configuration import using_config
from dwbridge.kernels import kernels_for
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import layer_normalization as reference

compiled = pytest.importorskip("dwbridge.kernels.compiled.layer_normalization", reason="Numba is not installed")

EPS = 1e-5
TYPES = ("float32", "float64", "float16")
#: shape, axis: rows and columns of one number, around a vector and a block of them, and longer
LAYOUTS = [
    ((1, 1), 1),
    ((5, 3), 1),
    ((4, 3), 0),
    ((3, 37), 1),
    ((2, 9, 16), 2),
    ((2, 5, 1, 1), 1),
    ((2, 7, 3, 3), 1),
    ((3, 4, 4, 4), 1),
    ((2, 6, 5, 7), 1),
    ((1, 33, 8, 9), 1),
    ((2, 3, 4, 5), 2),
]

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def drawn(shape: tuple[int, ...], axis: int, dtype: str, seed: int = 0) -> Any:
    """x, gamma, beta, gy."""
    rng = np.random.default_rng([SEED, seed])
    n, wide = shape[axis], compute_dtype(dtype)
    x, gy = (rng.normal(1, 2, shape).astype(dtype) for _ in range(2))
    return x, rng.normal(size=n).astype(wide), rng.normal(size=n).astype(wide), gy


def gamma_of(n: int, u: float) -> float:
    return n * u / (1 - n * u)


def forward_units(x: np.ndarray, scale: np.ndarray, beta: np.ndarray, axis: int, y: np.ndarray) -> float:
    """The error of y in units of the bound of exporters/ops/layer_normalization.py."""
    u, n = float(np.finfo(compute_dtype(x.dtype)).eps) / 2, x.shape[axis]
    store = float(np.finfo(x.dtype).eps) / 2
    v, s, b = (np.moveaxis(a, axis, -1) if a.ndim > 1 else a for a in (x.astype(np.longdouble), scale, beta))
    c = v - v.mean(-1, keepdims=True)
    total = (c * c).mean(-1, keepdims=True) + EPS
    moved = gamma_of(n + 2, u) * (abs(v) + abs(v).mean(-1, keepdims=True))
    part = (2 * abs(c) * moved + moved**2).mean(-1, keepdims=True) / total + gamma_of(4, u)
    slope = abs(s) / np.sqrt(total)
    exact = s * c / np.sqrt(total) + b
    bound = slope * (moved * (1 + 1.5 * part) + abs(c) * 1.5 * part)
    bound = bound + gamma_of(6, u) * (slope * abs(c) + abs(b)) + store * abs(exact) + 1e-7 * (store > u)
    return float((abs(np.moveaxis(y, axis, -1) - exact) / bound).max())


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("shape", "axis"), LAYOUTS)
def test_forward_is_within_the_rounding_bound(shape: tuple[int, ...], axis: int, dtype: str) -> None:
    x, scale, beta, _ = drawn(shape, axis, dtype)
    y, mean, inv_std = compiled.forward(x, scale, beta, axis, EPS)
    assert forward_units(x, scale, beta, axis, y) <= 1
    assert mean.shape == inv_std.shape == shape[:axis] + shape[axis + 1 :]
    assert y.dtype == dtype and mean.dtype == inv_std.dtype == compute_dtype(dtype)
    exact = x.astype(np.float64)
    rtol = 4 * np.finfo(mean.dtype).eps
    np.testing.assert_allclose(mean, exact.mean(axis), rtol=rtol, atol=rtol)
    np.testing.assert_allclose(inv_std, 1 / np.sqrt(exact.var(axis) + EPS), rtol=2 * rtol if shape[axis] > 1 else 1e-3)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("shape", "axis"), LAYOUTS)
def test_gradients_are_the_reference_in_float64(shape: tuple[int, ...], axis: int, dtype: str) -> None:
    x, scale, beta, gy = drawn(shape, axis, dtype)
    _, mean, inv_std = compiled.forward(x, scale, beta, axis, EPS)
    results = compiled.backward(x, scale, gy, axis, mean, inv_std)
    wide = [a.astype(np.longdouble) for a in (x, scale, gy, mean, inv_std)]
    exact = reference.backward(wide[0], wide[1], wide[2], axis, *wide[3:])
    u, store = float(np.finfo(mean.dtype).eps), float(np.finfo(dtype).eps)
    others = x.size // shape[axis]
    for result, expected, like, n in zip(results, exact, (x, scale, scale), (shape[axis], others, others), strict=True):
        assert (result.dtype, result.shape) == (like.dtype, like.shape)
        magnitude = float(abs(expected).max()) + float(abs(wide[2]).max() * (abs(wide[0]).max() + 1) * wide[4].max())
        tolerance = (n + 8) * u * magnitude + (store * float(abs(expected).max()) if result.dtype == dtype else 0)
        np.testing.assert_allclose(result.astype(np.float64), expected.astype(np.float64), rtol=0, atol=tolerance)


def places(values: np.ndarray) -> list[np.ndarray]:
    """The same values in other places."""
    gaps = np.full((*values.shape[:-1], 2 * values.shape[-1]), np.nan, values.dtype)[..., ::2]
    gaps[...] = values
    locked = values.copy()
    locked.flags.writeable = False
    last = np.moveaxis(np.moveaxis(values, 1, -1).copy(), -1, 1)
    return [values, np.asfortranarray(values), gaps, np.flip(np.flip(values).copy()), last, locked]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    shape=st.lists(st.integers(1, 12), min_size=2, max_size=4).map(tuple),
    axis=st.integers(0, 3),
    dtype=st.sampled_from(TYPES),
    where=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    seed=st.integers(0, 9),
)
def test_layouts_do_not_matter(
    shape: tuple[int, ...], axis: int, dtype: str, where: tuple[int, int], seed: int
) -> None:
    axis %= len(shape)
    x, scale, beta, gy = drawn(shape, axis, dtype, seed)
    forward = compiled.forward(x, scale, beta, axis, EPS)
    moved = places(x)[where[0]], places(gy)[where[1]]
    for a, b in zip(compiled.forward(moved[0], scale, beta, axis, EPS), forward, strict=True):
        np.testing.assert_array_equal(a, b)
    backward = compiled.backward(x, scale, gy, axis, *forward[1:])
    for a, b in zip(compiled.backward(moved[0], scale, moved[1], axis, *forward[1:]), backward, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(moved[0], x)
    np.testing.assert_array_equal(moved[1], gy)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("shape", "axis"), [((4, 19), 1), ((2, 5, 3, 7), 1)])
def test_what_is_not_finite_spreads_as_in_the_reference(shape: tuple[int, ...], axis: int, poison: float) -> None:
    x, scale, beta, gy = drawn(shape, axis, "float32")
    x[0, 1], gy[1, 2] = poison, poison
    ours, theirs = (module.forward(x, scale, beta, axis, EPS) for module in (compiled, reference))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
    ours, theirs = (module.backward(x, scale, gy, axis, *theirs[1:]) for module in (compiled, reference))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(np.isfinite(a), np.isfinite(b))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("shape", "axis"), [((37, 19), 1), ((4, 5, 9, 7), 1)])
def test_the_bytes_do_not_depend_on_the_threads(
    shape: tuple[int, ...], axis: int, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "GRAIN", 64)
    x, scale, beta, gy = drawn(shape, axis, dtype)
    results = []
    for threads in (1, 2, 3, 16):
        with using_config("num_threads", threads):
            forward = compiled.forward(x, scale, beta, axis, EPS)
            backward = compiled.backward(x, scale, gy, axis, *forward[1:])
            results.append(b"".join(a.tobytes() for a in (*forward, *backward)))
    assert results[1:] == results[:-1]


def test_a_large_mean_keeps_the_variance() -> None:
    x = (1e4 + np.random.default_rng(SEED).normal(size=(3, 96))).astype(np.float32)
    _, _, inv_std = compiled.forward(x, np.ones(96, np.float32), np.zeros(96, np.float32), 1, EPS)
    np.testing.assert_allclose(inv_std, 1 / np.sqrt(x.astype(np.float64).var(1) + EPS), rtol=1e-5)


def test_what_is_declined() -> None:
    x, scale, beta, gy = drawn((2, 3), 1, "float32")
    for bad in (x.astype(np.longdouble), x[:0]):
        with pytest.raises(DeclinedError):
            compiled.forward(bad, scale, beta, 1, EPS)
    with pytest.raises(DeclinedError):
        compiled.forward(x, scale.astype(np.float64), beta, 1, EPS)
    _, mean, inv_std = compiled.forward(x, scale, beta, 1, EPS)
    with pytest.raises(DeclinedError):
        compiled.backward(x, scale, gy.astype(np.float64), 1, mean, inv_std)


def test_it_is_what_is_taken() -> None:
    x, scale, beta, _ = drawn((3, 5), 1, "float32")
    for kernels in ("auto", "compiled"):
        with using_config("kernels", kernels):
            y = kernels_for("layer_normalization", x).forward(x, scale, beta, 1, EPS)[0]
            np.testing.assert_array_equal(y, compiled.forward(x, scale, beta, 1, EPS)[0])
