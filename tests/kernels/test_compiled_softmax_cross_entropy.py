"""Compiled softmax cross entropy, against an oracle in extended precision, and against the reference."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels_rounding import LONG, computing_unit, error, gamma

from dwbridge.backend import compute_dtype
from dwbridge.configuration import using_config
from dwbridge.kernels import kernels_for
from dwbridge.kernels.reference import softmax_cross_entropy as reference

compiled = pytest.importorskip("dwbridge.kernels.compiled.softmax_cross_entropy", reason="Numba is not installed")

SHAPES = [(1, 1), (5, 3), (3, 8), (2, 16), (4, 17), (16, 1000), (2, 7, 3), (3, 10, 4, 4), (2, 5, 17), (1, 3, 70)]
TYPES = [np.float64, np.float32, np.float16]


def arrays(shape: tuple[int, ...], dtype: Any, spread: float = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = (spread * np.random.normal(size=shape)).astype(dtype)
    labels = (shape[0], *shape[2:])
    return x, np.random.randint(0, shape[1], labels), np.random.uniform(-1, 2, labels).astype(compute_dtype(dtype))


def errors(x: np.ndarray, t: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Errors of the losses and of gx, in units of their bounds."""
    u, at_label = computing_unit(x.dtype), t[:, None]
    off = LONG(x) - LONG(x).max(axis=1, keepdims=True)
    total = np.exp(off).sum(axis=1, keepdims=True)
    p = np.exp(off) / total
    each = 5 * u + 2 * u * np.abs(off)  # of an exponential: two units in the last place, and its argument's rounding
    sums = (p * each).sum(axis=1, keepdims=True) + gamma(x.shape[1] + 2, 2.0**-53)
    off_label = np.take_along_axis(off, at_label, 1)
    w = LONG(weights)[:, None]
    loss, gx = (np.log(total) - off_label) * w, p * w
    loss_bound = np.abs(w) * (sums + 4 * u * (np.log(total) + np.abs(off_label)))
    gx_bound = np.abs(w) * (p * (each + sums + 5 * u) + 2 * float(np.finfo(compute_dtype(x.dtype)).smallest_subnormal))
    np.put_along_axis(gx, at_label, np.take_along_axis(gx, at_label, 1) - w, 1)
    gx_bound += u * np.abs(gx)
    return (
        error(compiled.forward(x, t, weights), loss[:, 0], loss_bound[:, 0]),
        error(compiled.backward(x, t, weights), gx, gx_bound),
    )


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_errors_are_those_of_rounding(shape: tuple[int, ...], dtype: Any) -> None:
    for spread in (0.01, 5, 60, 1000):
        assert max(errors(*arrays(shape, dtype, spread))) <= 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_shape_any_strides(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 40), min_size=2, max_size=4), "shape"))
    x, t, weights = arrays(shape, data.draw(st.sampled_from(TYPES)), data.draw(st.sampled_from([1.0, 30.0])))
    order = data.draw(st.permutations(range(len(shape))))
    x = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    x = x[:, ::-1].copy()[:, ::-1] if data.draw(st.booleans(), "turned") else x
    before = x.copy()
    for kind in (np.int8, np.int32, np.int64):
        assert max(errors(x, t.astype(kind), weights)) <= 1
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exponentials_are_within_two_units_in_the_last_place(dtype: Any) -> None:
    from dwbridge.kernels.compiled.compiler import kernel
    from dwbridge.kernels.compiled.passes import softmax

    @kernel
    def exponentials(x, y, terms):
        softmax.write_exponentials(x, y, 0, 1, 0, len(x), terms)

    low = np.log(np.finfo(dtype).tiny)
    x = np.concatenate([np.linspace(low, 0, 100_003), np.linspace(-1e-3, 0, 1001)]).astype(dtype)
    y, terms = np.empty_like(x), np.array([[0], [1], [1]], dtype) * np.ones(16, dtype)
    exponentials(x[:-1], y[:-1], terms)
    ordinary = y[:-1] >= np.finfo(dtype).tiny
    assert ordinary.mean() > 0.999
    exact, actual = np.exp(LONG(x[:-1][ordinary])), y[:-1][ordinary]
    assert (np.abs(actual - exact) / np.spacing(actual)).max() <= 2
    x = np.array([np.nan, -np.inf, 0, -0.0, 2 * low, low - 3], dtype)
    y = np.empty_like(x)
    exponentials(x, y, terms)
    np.testing.assert_array_equal(y[:5], [np.nan, 0, 1, 1, 0])
    np.testing.assert_allclose(y[5], np.exp(x[5]), atol=float(np.finfo(dtype).smallest_subnormal))


@pytest.mark.parametrize("dtype", TYPES)
def test_what_is_not_finite_passes_as_in_the_reference(dtype: Any) -> None:
    for shape, value, share in itertools.product(SHAPES, (np.nan, np.inf, -np.inf), (0, 1)):
        x, t, weights = arrays(shape, dtype)
        for place in {0, x.size // 2, x.size - 1}:
            poisoned = x.copy()
            poisoned.reshape(-1)[place] = value
            same_kinds(poisoned, t, weights * share)
        x[0] = value
        same_kinds(x, t, weights * share)
        weights.reshape(-1)[-1] = value
        same_kinds(arrays(shape, dtype)[0], t, weights)


def same_kinds(x: np.ndarray, t: np.ndarray, weights: np.ndarray) -> None:
    for name in ("forward", "backward"):
        ours = getattr(compiled, name)(x, t, weights)
        with np.errstate(all="ignore"):
            theirs = getattr(reference, name)(x, t, weights)
        for kind in (np.isnan, np.isposinf, np.isneginf):
            np.testing.assert_array_equal(kind(ours), kind(theirs))


def test_every_element_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "empty", lambda shape, dtype: np.full(shape, np.nan, dtype))
    for dtype, shape in itertools.product(TYPES, SHAPES):
        given = arrays(shape, dtype)
        assert np.isfinite(compiled.forward(*given)).all()
        assert np.isfinite(compiled.backward(*given)).all()


@pytest.mark.parametrize("dtype", TYPES)
def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch, dtype: Any) -> None:
    monkeypatch.setattr(compiled, "GRAIN", 1)
    for shape in SHAPES:
        given, expected = arrays(shape, dtype), None
        for threads in (1, 2, 3, 16):
            with using_config("num_threads", threads):
                bits = compiled.forward(*given).tobytes(), compiled.backward(*given).tobytes()
            expected = expected or bits
            assert bits == expected, threads


def test_a_label_that_is_no_class_is_refused_as_in_the_reference() -> None:
    x, t, weights = arrays((4, 3), np.float32)
    for label in (3, -1):
        t[2] = label
        for module in (compiled, reference):
            with pytest.raises(IndexError, match=r"labels must be in 0 .. 2, got"):
                module.forward(x, t, weights)


@pytest.mark.parametrize("shape", [(0, 4), (0, 4, 3), (3, 4, 0)])
def test_nothing_gives_nothing(shape: tuple[int, ...]) -> None:
    x, t, weights = arrays(shape, np.float32)
    kernels = kernels_for("softmax_cross_entropy", x)
    assert kernels.forward(x, t, weights).shape == t.shape
    assert kernels.backward(x, t, weights).shape == shape


def test_what_is_declined_is_the_references() -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    x, t, weights = arrays((4, 5), np.float32)
    kernels = kernels_for("softmax_cross_entropy", x)
    for scores, share in ((x.astype(bfloat16), weights), (x, weights.astype(np.float64))):
        for name in ("forward", "backward"):
            ours, theirs = (getattr(module, name)(scores, t, share) for module in (kernels, reference))
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
