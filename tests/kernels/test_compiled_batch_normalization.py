"""Compiled batch normalization: against an oracle in extended precision, and against the reference where it must be the
same: NaN and infinity, what is declined."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels_rounding import LONG, computing_unit, error, gamma

from dwbridge.backend import compute_dtype
from dwbridge.configuration import using_config
from dwbridge.kernels import kernels_for
from dwbridge.kernels.reference import batch_normalization as reference

compiled = pytest.importorskip("dwbridge.kernels.compiled.batch_normalization", reason="Numba is not installed")

EPS = 2e-5

#: shape, axes: planes of one element, smaller than a vector, around a pair of them, around what is small, larger
LAYOUTS = [
    ((1, 1), (0,)),
    ((5, 3), (0,)),
    ((7, 37), (0,)),
    ((2, 3, 4, 19), (0, 1, 2)),
    ((6, 2, 3), (0,)),
    ((3, 5, 1, 2), (0, 2, 3)),
    ((16, 40, 3, 3), (0, 2, 3)),
    ((2, 70, 5, 3), (0, 2, 3)),
    ((1, 3, 7, 9), (0, 2, 3)),
    ((2, 3, 8, 8), (0, 2, 3)),
    ((3, 35, 13, 5), (0, 2, 3)),
    ((2, 3, 31, 33), (0, 2, 3)),
    ((4, 3, 90), (2,)),
    ((3, 4, 25), (0, 2)),
]
TYPES = [np.float64, np.float32, np.float16]


def statistic(value: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    return np.expand_dims(value, axes)


def arrays(shape: tuple[int, ...], axes: tuple[int, ...], dtype: Any, level: float = 3, spread: float = 2) -> Any:
    """x, gamma, beta, gy."""
    left = tuple(size for i, size in enumerate(shape) if i not in axes)
    wide = compute_dtype(dtype)
    x, gy = (level + spread * np.random.normal(size=shape)).astype(dtype), np.random.normal(size=shape).astype(dtype)
    return x, np.random.normal(size=left).astype(wide), np.random.normal(size=left).astype(wide), gy


def forward(module: Any, x: np.ndarray, scale: np.ndarray, beta: np.ndarray, axes: tuple[int, ...], eps: float) -> Any:
    """y, mean, variance, inv_std; the variance is what running ones become that keep nothing of themselves."""
    variance = np.zeros(scale.shape, compute_dtype(x.dtype))
    y, mean, inv_std = module.forward(x, scale, beta, axes, eps, reference.Running(None, variance, 0.0, 1.0))
    return y, mean, variance, inv_std


def forward_errors(x: np.ndarray, scale: np.ndarray, beta: np.ndarray, axes: tuple[int, ...], eps: float) -> Any:
    """Errors of y, mean, variance, inv_std in units of their bounds."""
    y, mean, variance, inv_std = forward(compiled, x, scale, beta, axes, eps)
    u, m = computing_unit(x.dtype), max(1, x.size // max(1, scale.size))
    g = 2 * gamma(m + 4, 2.0**-53)
    values = LONG(x)
    first = values[tuple(slice(0, 1) if i in axes else slice(None) for i in range(x.ndim))]
    off = np.abs(values - first)
    true_mean = values.mean(axes)
    mean_bound = u * np.abs(true_mean) + g * off.mean(axes)
    centred = values - statistic(true_mean, axes)
    var = np.square(centred).mean(axes)
    # In float64 the deviations are those from the first pass's mean.
    squares = np.square(off).mean(axes) if u > 2.0**-53 else var + np.square(mean_bound)
    var_bound = 2 * g * squares + u * var
    inv = 1 / np.sqrt(var + eps)
    inv_bound = inv * (var_bound / (var + eps) + 4 * u)
    s, i, b = statistic(LONG(scale), axes), statistic(inv, axes), statistic(LONG(beta), axes)
    slope, part = np.abs(s) * np.abs(centred), statistic(mean_bound, axes)
    y_bound = slope * statistic(inv_bound, axes) + np.abs(s) * i * part + 4 * u * slope * i + u * np.abs(b)
    return (
        error(y, s * centred * i + b, 2 * y_bound),
        error(mean, true_mean, mean_bound),
        error(variance, var, var_bound),
        error(inv_std, inv, inv_bound),
    )


def backward_errors(x: Any, scale: Any, gy: Any, axes: tuple[int, ...], mean: Any, inv_std: Any) -> Any:
    """Errors of gx, ggamma, gbeta for given statistics, in units of their bounds."""
    actual = compiled.backward(x, scale, gy, axes, mean, inv_std)
    u, m = computing_unit(x.dtype), max(1, x.size // max(1, scale.size))
    g = 2 * gamma(m + 4, 2.0**-53)
    inv, s, dy = LONG(inv_std), LONG(scale), LONG(gy)
    centred = LONG(x) - statistic(LONG(mean), axes)
    gbeta, gscale = dy.sum(axes), (dy * centred).sum(axes) * inv
    gbeta_bound = g * np.abs(dy).sum(axes) + u * np.abs(gbeta)
    gscale_bound = (g + 2 * u) * np.abs(dy * centred).sum(axes) * inv + 4 * u * np.abs(gscale)
    slope = gscale * inv / m
    gx = statistic(s * inv, axes) * (dy - statistic(gbeta / m, axes) - centred * statistic(slope, axes))
    sizes = np.abs(dy) + statistic(np.abs(gbeta) / m, axes) + np.abs(centred) * statistic(np.abs(slope), axes)
    inherited = statistic(gbeta_bound / m, axes) + np.abs(centred) * statistic(gscale_bound * inv / m, axes)
    gx_bound = statistic(np.abs(s * inv), axes) * (8 * u * sizes + 2 * inherited)
    return (
        error(actual[0], gx, gx_bound),
        error(actual[1], gscale, gscale_bound),
        error(actual[2], gbeta, gbeta_bound),
    )


def fixed_error(x: Any, scale: Any, beta: Any, mean: Any, var: Any, axes: tuple[int, ...], eps: float) -> float:
    y = compiled.fixed_forward(x, scale, beta, mean, var, axes, eps)
    s = statistic(LONG(scale) / np.sqrt(LONG(var) + eps), axes)
    product = (LONG(x) - statistic(LONG(mean), axes)) * s
    exact = product + statistic(LONG(beta), axes)
    return error(y, exact, computing_unit(x.dtype) * (5 * np.abs(product) + np.abs(exact)))


def check(x: np.ndarray, scale: np.ndarray, beta: np.ndarray, gy: np.ndarray, axes: tuple[int, ...]) -> None:
    mean, inv_std = (compiled.forward(x, scale, beta, axes, EPS)[i] for i in (1, 2))
    assert max(forward_errors(x, scale, beta, axes, EPS)) <= 1
    assert max(backward_errors(x, scale, gy, axes, mean, inv_std)) <= 1
    assert fixed_error(x, scale, beta, mean, np.square(inv_std), axes, EPS) <= 1


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("shape", "axes"), LAYOUTS)
def test_errors_are_those_of_rounding(shape: tuple[int, ...], axes: tuple[int, ...], dtype: Any) -> None:
    x, scale, beta, gy = arrays(shape, axes, dtype)
    check(x, scale, beta, gy, axes)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_shape_any_strides(data: st.DataObject) -> None:
    lead = data.draw(st.integers(0, 2), "axes in front")
    middle, tail = data.draw(st.integers(1, 2), "axes of gamma"), data.draw(st.integers(0, 2), "axes behind")
    lead = max(lead, 1) if tail == 0 else lead
    shape = tuple(data.draw(st.lists(st.integers(1, 12), min_size=lead + middle + tail, max_size=lead + middle + tail)))
    axes = tuple(i for i in range(len(shape)) if not lead <= i < lead + middle)
    dtype = data.draw(st.sampled_from(TYPES))
    x, scale, beta, gy = arrays(shape, axes, dtype)
    order = data.draw(st.permutations(range(len(shape))))
    x = strided(x, order, data.draw(st.booleans(), "turned"))
    gy = strided(gy, order[::-1], data.draw(st.booleans(), "turned"))
    before = x.copy(), gy.copy()
    check(x, scale, beta, gy, axes)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(gy, before[1])


def strided(x: np.ndarray, order: Any, turned: bool) -> np.ndarray:
    """The same values, in another order in memory, and backwards."""
    x = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    return x[..., ::-1].copy()[..., ::-1] if turned else x


@pytest.mark.parametrize("shape", [(8, 3, 24, 24), (8, 30, 4, 4), (64, 17)])
def test_a_mean_far_above_the_deviation_costs_no_digits(shape: tuple[int, ...]) -> None:
    axes = (0, *range(2, len(shape)))
    x, scale, beta, gy = arrays(shape, axes, np.float32, level=1e4, spread=0.1)
    check(x, scale, beta, gy, axes)
    var = LONG(x).var(axes)
    ours, theirs = (forward(module, x, scale, beta, axes, 0.0)[2] for module in (compiled, reference))
    assert np.max(np.abs(ours - var) / var) <= np.max(np.abs(theirs - var) / var) + 2.0**-24
    assert np.max(np.abs(ours - var) / var) < 2.0**-22  # E[x^2] - E[x]^2 in float32 has no digit left


def test_a_constant_has_no_variance() -> None:
    for dtype in TYPES:
        x = np.full((3, 2, 9, 9), 0.1, dtype)
        one = np.ones(2, compute_dtype(dtype))
        y, mean, variance, _ = forward(compiled, x, one, one, (0, 2, 3), EPS)
        assert (mean == x[0, 0, 0, 0]).all()
        assert (variance == 0).all()
        assert (y == 1).all()


@pytest.mark.parametrize(("dtype", "outlier"), [(np.float32, 1e4), (np.float64, 1e9)])
def test_an_outlier_in_front_costs_no_digits(dtype: Any, outlier: float) -> None:
    x, scale, beta, gy = arrays((40, 3, 50, 50), (0, 2, 3), dtype)
    x[0, :, 0, 0] = outlier
    check(x, scale, beta, gy, (0, 2, 3))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(3, 5, 9, 9), (3, 20, 3, 3), (6, 20)])
def test_what_is_not_finite_passes_as_in_the_reference(shape: tuple[int, ...], value: float, dtype: Any) -> None:
    axes = (0, *range(2, len(shape)))
    x, scale, beta, gy = arrays(shape, axes, dtype)
    flat = x[:, 1].reshape(-1)
    for place in (0, flat.size // 2, flat.size - 1):
        poisoned = x.copy()
        flat = poisoned[:, 1].reshape(-1).copy()
        flat[place] = value
        poisoned[:, 1] = flat.reshape(poisoned[:, 1].shape)
        same_kinds(poisoned, scale, beta, gy, axes)
    same_kinds(x, scale, beta, np.where(poisoned == poisoned, gy, value).astype(dtype), axes)


def same_kinds(x: Any, scale: Any, beta: Any, gy: Any, axes: tuple[int, ...]) -> None:
    with np.errstate(all="ignore"):
        expected = forward(reference, x, scale, beta, axes, EPS)
        theirs = *expected, *reference.backward(x, scale, gy, axes, expected[1], expected[3])
        theirs = *theirs, reference.fixed_forward(x, scale, beta, scale, abs(beta), axes, EPS)
    actual = forward(compiled, x, scale, beta, axes, EPS)
    ours = *actual, *compiled.backward(x, scale, gy, axes, expected[1], expected[3])
    ours = *ours, compiled.fixed_forward(x, scale, beta, scale, abs(beta), axes, EPS)
    for our, their in zip(ours, theirs, strict=True):
        for kind in (np.isnan, np.isposinf, np.isneginf):
            np.testing.assert_array_equal(kind(our), kind(their))


def test_every_element_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "empty", lambda shape, dtype: np.full(shape, np.nan, dtype))
    for dtype in TYPES:
        for shape, axes in LAYOUTS:
            x, scale, beta, gy = arrays(shape, axes, dtype)
            results = forward(compiled, x, scale, beta, axes, EPS)
            gradients = compiled.backward(x, scale, gy, axes, results[1], results[3])
            fixed = compiled.fixed_forward(x, scale, beta, beta, np.square(beta), axes, EPS)
            assert all(np.isfinite(array).all() for array in (*results, *gradients, fixed))


@pytest.mark.parametrize("dtype", TYPES)
def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch, dtype: Any) -> None:
    monkeypatch.setattr(compiled, "GRAIN", 1)
    monkeypatch.setattr(compiled, "BLOCK_CELLS", 64)
    for shape, axes in LAYOUTS:
        x, scale, beta, gy = arrays(shape, axes, dtype)
        expected = None
        for threads in (1, 2, 3, 16):
            with using_config("num_threads", threads):
                results = forward(compiled, x, scale, beta, axes, EPS)
                results += compiled.backward(x, scale, gy, axes, results[1], results[3])
                results += (compiled.fixed_forward(x, scale, beta, beta, np.square(beta), axes, EPS),)
            expected = expected or [array.tobytes() for array in results]
            assert [array.tobytes() for array in results] == expected, threads


def test_types_go_together_as_in_the_reference() -> None:
    x, scale, beta, gy = arrays((2, 3, 9, 9), (0, 2, 3), np.float32)
    for x_type, scale_type in ((np.float16, np.float16), (np.float16, np.float32), (np.float32, np.float16)):
        given = x.astype(x_type), scale.astype(scale_type), beta.astype(scale_type)
        ours, theirs = (forward(module, *given, (0, 2, 3), EPS) for module in (compiled, reference))
        ours += compiled.backward(*given[:2], gy.astype(x_type), (0, 2, 3), ours[1], ours[3])
        theirs += reference.backward(*given[:2], gy.astype(x_type), (0, 2, 3), theirs[1], theirs[3])
        assert [array.dtype for array in ours] == [array.dtype for array in theirs]
        for our, their in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(our, their, rtol=3e-3, atol=3e-3)


@pytest.mark.parametrize(
    ("shape", "axes", "x_type", "scale_type"),
    [
        ((3, 4, 5), (1,), "float32", "float32"),  # between the axes of gamma
        ((3, 4), (0,), "float32", "float64"),
        ((3, 4), (0,), "bfloat16", "float32"),
        ((3, 0), (0,), "float32", "float32"),
    ],
)
def test_what_is_declined_is_the_references(shape: Any, axes: Any, x_type: str, scale_type: str) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    kind = ml_dtypes.bfloat16 if x_type == "bfloat16" else np.dtype(x_type)
    x, scale, beta, gy = arrays(shape, axes, np.float64)
    x, gy, scale, beta = x.astype(kind), gy.astype(kind), scale.astype(scale_type), beta.astype(scale_type)
    kernels = kernels_for("batch_normalization", x)
    ours, theirs = (forward(module, x, scale, beta, axes, EPS) for module in (kernels, reference))
    ours += kernels.backward(x, scale, gy, axes, ours[1], ours[3])
    theirs += reference.backward(x, scale, gy, axes, theirs[1], theirs[3])
    ours += (kernels.fixed_forward(x, scale, beta, beta, abs(beta), axes, EPS),)
    theirs += (reference.fixed_forward(x, scale, beta, beta, abs(beta), axes, EPS),)
    for our, their in zip(ours, theirs, strict=True):
        assert our.dtype == their.dtype
        np.testing.assert_array_equal(our, their)
