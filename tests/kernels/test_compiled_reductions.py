"""The compiled reductions against the reference, over shapes at random."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seed import SEED

from dwbridge.configuration import using_config
from dwbridge.kernels.reference import reductions as reference

pytest.importorskip("numba", reason="Numba is not installed")

from dwbridge import functions as F
from dwbridge.kernels.compiled import reductions
from dwbridge.kernels.errors import DeclinedError

quiet = settings(
    max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, tuple[int, ...]]:
    """An array and its last axes, which have some elements."""
    left = draw(st.lists(st.integers(0, 4), max_size=3))
    small, long = st.lists(st.integers(1, 9), min_size=1, max_size=3), st.tuples(st.integers(2, 500))
    right = list(draw(st.one_of(small, long)))
    right[0] += all(size == 1 for size in right)
    rng = np.random.default_rng([SEED, draw(st.integers(0, 1000))])
    dtype = draw(st.sampled_from([np.float32, np.float64, np.float16]))
    x = rng.standard_normal((*left, *right)).astype(dtype)
    return x, tuple(range(len(left), x.ndim))


@quiet
@given(problem=problems())
def test_sums_stay_within_the_rounding_bound(problem: tuple[np.ndarray, tuple[int, ...]]) -> None:
    x, axes = problem
    total = reductions.sum_over(x, axes)
    exact, size = (reference.sum_over(a, axes) for a in (x.astype(float), np.abs(x).astype(float)))
    n = int(np.prod([x.shape[a] for a in axes]))
    u = 2.0**-53 if x.dtype == np.float64 else 2.0**-24
    assert (total.dtype, total.shape) == (reference.sum_over(x, axes).dtype, exact.shape)
    assert (np.abs(total - exact) <= 2 * n * u * size).all()


@quiet
@given(problem=problems())
def test_spreading_is_the_reference(problem: tuple[np.ndarray, tuple[int, ...]]) -> None:
    x, axes = problem
    kept = x[tuple(slice(0, 1) if a in axes else slice(None) for a in range(x.ndim))].copy()
    kept.flags.writeable = False
    ours = reductions.spread(kept, x.shape)
    np.testing.assert_array_equal(ours, reference.spread(kept, x.shape))
    assert (ours.dtype, ours.shape, ours.flags.writeable) == (x.dtype, x.shape, True)


@quiet
@given(problem=problems())
def test_every_element_is_written(problem: tuple[np.ndarray, tuple[int, ...]]) -> None:
    x, axes = problem
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reductions, "empty", lambda shape, dtype: np.full(shape, np.nan, dtype))
        assert np.isfinite(reductions.sum_over(x, axes)).all()
        assert np.isfinite(reductions.spread(x[..., None], (*x.shape, 3))).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("size", [2, 9, 49, 100])
def test_what_is_not_finite_reaches_its_row_alone(value: float, size: int) -> None:
    for place in range(size):
        x = np.zeros((3, size), np.float32)
        x[1, place] = value
        np.testing.assert_array_equal(reductions.sum_over(x, (1,)), [0, value, 0])
    np.testing.assert_array_equal(reductions.spread(x[1:2, -1:], (1, size)), np.full((1, size), value))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_number_of_threads_changes_no_bit(monkeypatch: pytest.MonkeyPatch, dtype: Any) -> None:
    monkeypatch.setattr(reductions, "GRAIN", 64)
    x = np.random.normal(size=(7, 30, 5, 5)).astype(dtype)
    results = []
    for threads in (1, 2, 3, 16):
        with using_config("num_threads", threads):
            total = reductions.sum_over(x, (2, 3))
            results.append(total.tobytes() + reductions.spread(total[..., None], (7, 30, 11)).tobytes())
    assert len(set(results)) == 1


def test_what_is_left_to_the_reference() -> None:
    x = np.ones((3, 4, 5), np.float32)
    for bad, axes in ((x, (0,)), (x, ()), (x, (0, 2)), (x[:, ::2], (2,)), (x[:, :, :1].copy(), (2,)),
                      (np.ones((2, reductions.LONGEST + 1), np.float32), (1,)), (np.ones((2, 0), np.float32), (1,)),
                      (x.astype(int), (2,))):  # fmt: skip
        with pytest.raises(DeclinedError):
            reductions.sum_over(bad, axes)
    for shape in ((2, 3, 4, 5), (3, 4, 5)):
        with pytest.raises(DeclinedError):
            reductions.spread(x, shape)
    with pytest.raises(DeclinedError):
        reductions.spread(x[:1], (3, 4, 5))


def test_functions_take_them() -> None:
    x = np.random.normal(size=(2, 3, 7, 7)).astype(np.float32)
    np.testing.assert_array_equal(F.sum(x, axis=(2, 3)).array, reductions.sum_over(x, (2, 3)))
    np.testing.assert_array_equal(F.sum(x, axis=(-1, -2), keepdims=True).array[..., 0, 0], F.sum(x, (2, 3)).array)
    with using_config("kernels", "numpy"):
        np.testing.assert_array_equal(F.sum(x, axis=(2, 3)).array, x.sum(axis=(2, 3)))
