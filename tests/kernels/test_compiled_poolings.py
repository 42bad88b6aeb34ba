"""The compiled poolings against the reference: max pooling bit for bit, average pooling within rounding."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seed import SEED

from dwbridge.configuration import using_config
from dwbridge.geometry import Window2D
from dwbridge.kernels.reference import average_pooling as plain_average
from dwbridge.kernels.reference import max_pooling as plain_max

pytest.importorskip("numba", reason="Numba is not installed")

from dwbridge.kernels.compiled import average_pooling, max_pooling
from dwbridge.kernels.compiled.passes import windows
from dwbridge.kernels.errors import DeclinedError

DTYPES = (np.float32, np.float64, np.float16)
quiet = settings(
    max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, Window2D]:
    """x, gy and a window; x and gy in any layout."""
    height, width = draw(st.integers(1, 20)), draw(st.integers(1, 40))
    whole = draw(st.booleans())
    kernel = (height, width) if whole else draw(st.tuples(st.integers(1, 4), st.sampled_from([1, 2, 3, 5, 17])))
    dilate = (1, 1) if whole else draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    pads = st.tuples(st.integers(0, 2), st.integers(0, 2))
    pad = draw(st.sampled_from([((0, 0), (0, 0)), (draw(pads), draw(pads))]))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    window = Window2D(kernel, stride, pad, dilate, draw(st.booleans()))
    image = [max(size, e - sum(p)) for size, e, p in zip((height, width), window.extent, pad)]
    dtype = draw(st.sampled_from(DTYPES))
    rng = np.random.default_rng([SEED, draw(st.integers(0, 1000))])
    shape = draw(st.integers(0, 2)), draw(st.integers(1, 3))
    x = rng.integers(-3, 4, (*shape, *image)).astype(dtype) if draw(st.booleans()) else None  # with equals
    x = rng.standard_normal((*shape, *image)).astype(dtype) if x is None else x
    gy = rng.standard_normal((*shape, *window.output_shape(image))).astype(dtype)
    return laid_out(x, draw(st.integers(0, 3))), laid_out(gy, draw(st.integers(0, 3))), window


def laid_out(array: np.ndarray, layout: int) -> np.ndarray:
    """The same values: as they are, channels last, backwards, or every second element."""
    if layout == 1:
        return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    if layout == 2:
        return np.ascontiguousarray(array[..., ::-1, ::-1])[..., ::-1, ::-1]
    return np.repeat(array, 2, axis=3)[..., ::2] if layout == 3 else array


def assert_same_bits(ours: np.ndarray, plain: np.ndarray) -> None:
    assert (ours.dtype, ours.shape) == (plain.dtype, plain.shape)
    np.testing.assert_array_equal(ours, plain)


@quiet
@given(problem=problems(), special=st.sampled_from([None, np.nan, np.inf, -np.inf]), place=st.integers(0, 10**6))
def test_max_pooling_is_the_reference_bit_for_bit(problem: Any, special: float | None, place: int) -> None:
    x, gy, window = problem
    if special is not None and x.size:
        x = x.copy()
        x.reshape(-1)[[place % x.size, (place * 7) % x.size]] = special
    y, taps = plain_max.forward(x, window)
    ours, our_taps = max_pooling.forward(x, window)
    assert_same_bits(ours, y)
    assert_same_bits(our_taps, taps)
    assert_same_bits(max_pooling.backward(gy, taps, window, x.shape), plain_max.backward(gy, taps, window, x.shape))
    assert_same_bits(max_pooling.gather(x, taps, window), plain_max.gather(x, taps, window))


@quiet
@given(problem=problems(), count_padding=st.booleans())
def test_average_pooling_stays_within_the_rounding_bound(problem: Any, count_padding: bool) -> None:
    x, gy, window = problem
    n = window.kernel[0] * window.kernel[1] + 2
    wide = (x.astype(float), window, count_padding), (gy.astype(float), window, count_padding, x.shape)
    for name, ours, args in (
        ("forward", average_pooling.forward(x, window, count_padding), wide[0]),
        ("backward", average_pooling.backward(gy, window, count_padding, x.shape), wide[1]),
    ):
        exact = getattr(plain_average, name)(*args)
        size = getattr(plain_average, name)(np.abs(args[0]), *args[1:])
        u = 2.0**-53 if x.dtype == np.float64 else 2.0**-24
        bound = 2 * n * u / (1 - n * u) * size
        if x.dtype == np.float16:
            bound = bound + 2.0**-11 * (np.abs(exact) + bound) + 2.0**-25
        assert (ours.dtype, ours.shape) == (x.dtype, exact.shape)
        assert (np.abs(ours - exact) <= bound).all()


@quiet
@given(problem=problems(), values=st.lists(st.sampled_from([np.nan, np.inf, -np.inf]), min_size=1, max_size=3),
       count_padding=st.booleans())  # fmt: skip
def test_what_is_not_finite_reaches_its_windows_alone(problem: Any, values: list[float], count_padding: bool) -> None:
    x, gy, window = problem
    for array in (x, gy):
        for k, value in enumerate(values):
            if array.size:
                array[np.unravel_index(k * 7919 % array.size, array.shape)] = value
    with np.errstate(invalid="ignore"):
        results = [
            (pool.forward(x, window, count_padding), pool.backward(gy, window, count_padding, x.shape))
            for pool in (average_pooling, plain_average)
        ]
    for ours, plain in zip(*results, strict=True):
        np.testing.assert_array_equal(np.isnan(ours), np.isnan(plain))
        np.testing.assert_array_equal(ours[np.isinf(plain)], plain[np.isinf(plain)])
        assert np.isfinite(ours[np.isfinite(plain)]).all()


@quiet
@given(problem=problems())
def test_every_element_is_written(problem: Any) -> None:
    x, gy, window = problem

    def poisoned(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return np.full(shape, np.nan if np.dtype(dtype).kind == "f" else -1, dtype)

    with pytest.MonkeyPatch.context() as patch:
        for module in (average_pooling, max_pooling):
            patch.setattr(module, "empty", poisoned)
        y, taps = max_pooling.forward(x, window)
        assert not np.isnan(y).any()
        assert (taps >= 0).all()
        results = (
            average_pooling.forward(x, window, True),
            average_pooling.backward(gy, window, True, x.shape),
            max_pooling.backward(gy, taps, window, x.shape),
            max_pooling.gather(x, taps, window),
        )
        assert all(np.isfinite(result).all() for result in results)


def test_the_number_of_threads_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "WORTHWHILE", 1)
    x = np.random.normal(size=(3, 7, 13, 14)).astype(np.float32)
    window = Window2D.of(3, stride=2, pad=1)
    gy = np.random.normal(size=(3, 7, *window.output_shape((13, 14)))).astype(np.float32)

    def results() -> list[bytes]:
        y, taps = max_pooling.forward(x, window)
        arrays = (
            y,
            taps,
            max_pooling.backward(gy, taps, window, x.shape),
            average_pooling.forward(x, window, False),
            average_pooling.backward(gy, window, False, x.shape),
        )
        return [array.tobytes() for array in arrays]

    with using_config("num_threads", 1):
        alone = results()
    for threads in (2, 3, 16):
        with using_config("num_threads", threads):
            assert results() == alone


def test_other_types_are_declined() -> None:
    with pytest.raises(DeclinedError, match="expected arrays of one native floating dtype"):
        max_pooling.forward(np.zeros((1, 1, 2, 2), int), Window2D.of(2))
    huge = Window2D.of((1, 2**24 + 1), pad=((0, 0), (2**23, 2**23)))
    with pytest.raises(DeclinedError, match="taps that a float32 can number, got 16777217"):
        max_pooling.forward(np.zeros((1, 1, 1, 1), np.float32), huge)
