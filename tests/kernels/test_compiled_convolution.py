"""The compiled convolution against the reference and against float64, over shapes, layouts and dtypes at random."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seed import SEED

from dwbridge.configuration import using_config
from dwbridge.geometry import Window2D
from dwbridge.kernels import kernels_for
from dwbridge.kernels.reference import convolution as reference

pytest.importorskip("numba", reason="Numba is not installed")

from dwbridge.kernels.compiled import convolution
from dwbridge.kernels.compiled.arrays import memory
from dwbridge.kernels.compiled.products import image_products, weight_products
from dwbridge.kernels.errors import DeclinedError

ROUTINES = ("forward", "backward_data", "backward_weight")
DTYPES = (np.float32, np.float64, np.float16)
quiet = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    """The same values at other places in memory."""
    if layout == "channels last":
        return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    if layout == "backwards":
        return np.ascontiguousarray(array[::-1, ::-1, ::-1, ::-1])[::-1, ::-1, ::-1, ::-1]
    if layout == "every second":
        wide = np.zeros((*array.shape[:3], 2 * array.shape[3]), array.dtype)
        wide[..., ::2] = array
        return wide[..., ::2]
    if layout == "rows apart":
        wide = np.zeros((*array.shape[:3], array.shape[3] + 3), array.dtype)
        wide[..., : array.shape[3]] = array
        return wide[..., : array.shape[3]]
    if layout == "read only":
        array = array.copy()
        array.flags.writeable = False
    return array


LAYOUTS = ("contiguous", "channels last", "backwards", "every second", "rows apart", "read only")


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of every routine, by its name."""
    size = st.integers(1, 20)
    kernel = draw(st.sampled_from([(1, 1), (1, 1), (3, 3), (2, 3), (4, 1), (5, 5)]))
    pads = st.tuples(st.integers(0, 2), st.integers(0, 2))
    window = Window2D(
        kernel,
        draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
        (draw(pads), draw(pads)),
        draw(st.tuples(st.integers(1, 2), st.integers(1, 2))),
    )
    height, width = (max(draw(size), e - sum(p)) for e, p in zip(window.extent, window.pad))
    groups, images = draw(st.integers(1, 3)), draw(st.integers(0, 3))
    inputs, outputs = draw(st.integers(1, 9)), draw(st.sampled_from([1, 2, 3, 4, 5, 6, 7, 9, 16]))
    dtype = draw(st.sampled_from(DTYPES))
    rng = np.random.default_rng([SEED, draw(st.integers(0, 1000))])
    x = rng.standard_normal((images, groups * inputs, height, width)).astype(dtype)
    W = rng.standard_normal((groups * outputs, inputs, *kernel)).astype(dtype)
    b = rng.standard_normal(groups * outputs).astype(dtype) if draw(st.booleans()) else None
    gy = rng.standard_normal((images, groups * outputs, *window.output_shape((height, width)))).astype(dtype)
    x, W, gy = (laid_out(array, draw(st.sampled_from(LAYOUTS))) for array in (x, W, gy))
    return {
        "forward": (x, W, b, window),
        "backward_data": (gy, W, window, x.shape),
        "backward_weight": (x, gy, window, W.shape, W.dtype),
    }


def in_float64(args: tuple[Any, ...], change: Any = lambda array: array) -> list[Any]:
    wide = [change(arg.astype(np.float64)) if isinstance(arg, np.ndarray) else arg for arg in args]
    return [np.dtype(np.float64) if isinstance(arg, np.dtype) else arg for arg in wide]


def products(name: str, args: tuple[Any, ...]) -> int:
    """How many products at most are summed in one element."""
    if name == "backward_weight":
        return args[1].shape[0] * args[1].shape[2] * args[1].shape[3]
    W = args[1]
    return W[0].size if name == "forward" else W[:, 0].size


def assert_within_bound(name: str, args: tuple[Any, ...]) -> None:
    """|computed - exact| <= gamma_(n+1) (sum |x||W| + |b|), and once more the rounding to 16 bits."""
    result = getattr(convolution, name)(*args)
    exact = getattr(reference, name)(*in_float64(args))
    sums = getattr(reference, name)(*in_float64(args, np.abs))
    dtype = args[0].dtype
    u = 2.0**-53 if dtype == np.float64 else 2.0**-24
    n = products(name, args) + 1
    bound = n * u / (1 - n * u) * sums
    if dtype == np.float64:
        bound = 2 * bound  # the oracle is computed in float64, too
    if dtype == np.float16:
        bound = bound + 2.0**-11 * (np.abs(exact) + bound) + 2.0**-25
    assert result.dtype == dtype
    assert result.shape == exact.shape
    assert (np.abs(result - exact) <= bound).all()


@pytest.mark.parametrize("name", ROUTINES)
@quiet
@given(problem=problems())
def test_errors_stay_within_the_rounding_bound(name: str, problem: dict[str, Any]) -> None:
    assert_within_bound(name, problem[name])


@pytest.mark.parametrize("name", ROUTINES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("x_shape", "outputs", "window"),
    [
        ((16, 40, 3, 3), 70, Window2D.of(1)),  # tiles over many images
        ((5, 33, 6, 6), 20, Window2D.of(1)),
        ((2, 70, 14, 14), 66, Window2D.of(1, stride=2)),
        ((1, 3, 40, 56), 32, Window2D.of(3, stride=2, pad=1)),
        ((2, 24, 24, 25), 13, Window2D.of(3, pad=1)),
        ((1, 2, 40, 40), 3, Window2D.of(31, pad=15)),
    ],
)
def test_sizes_of_networks(
    name: str, dtype: Any, x_shape: tuple[int, int, int, int], outputs: int, window: Window2D
) -> None:
    x = np.random.normal(size=x_shape).astype(dtype)
    W = np.random.normal(size=(outputs, x_shape[1], *window.kernel)).astype(dtype)
    b = np.random.normal(size=outputs).astype(dtype)
    gy = np.random.normal(size=(x_shape[0], outputs, *window.output_shape(x_shape[2:]))).astype(dtype)
    args: dict[str, tuple[Any, ...]] = {
        "forward": (x, W, b, window),
        "backward_data": (gy, W, window, x.shape),
        "backward_weight": (x, gy, window, W.shape, W.dtype),
    }
    assert_within_bound(name, args[name])


@quiet
@given(problem=problems())
def test_every_element_is_written(problem: dict[str, Any]) -> None:
    def poisoned(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return np.full(shape, np.nan, dtype)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "empty", poisoned)
        for name in ROUTINES:
            assert np.isfinite(getattr(convolution, name)(*problem[name])).all()


@quiet
@given(problem=problems(), place=st.integers(0, 10**6), value=st.sampled_from([np.nan, np.inf, -np.inf]))
def test_what_is_not_finite_passes_as_in_the_reference(problem: dict[str, Any], place: int, value: float) -> None:
    for name in ROUTINES:
        first, second, *rest = problem[name]
        for chosen in (0, 1):
            arrays = [first.copy(), second.copy()]
            if arrays[chosen].size:
                arrays[chosen].reshape(-1)[place % arrays[chosen].size] = value
            with np.errstate(all="ignore"), using_config("kernels", "auto"):
                result = getattr(kernels_for("convolution", first), name)(*arrays, *rest)
                expected = getattr(reference, name)(*arrays, *rest)
            np.testing.assert_array_equal(np.isnan(result), np.isnan(expected))
            np.testing.assert_array_equal(np.isinf(result), np.isinf(expected))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("x_shape", "outputs", "window"),
    [((6, 40, 6, 6), 70, Window2D.of(1)), ((3, 4, 30, 31), 9, Window2D.of(3, stride=2, pad=1))],
)
def test_the_number_of_threads_changes_no_bit(
    monkeypatch: pytest.MonkeyPatch, dtype: Any, x_shape: tuple[int, int, int, int], outputs: int, window: Window2D
) -> None:
    for module in (image_products, weight_products):
        monkeypatch.setattr(module, "WORTHWHILE", 1000)  # small problems are shared out, too
    x = np.random.normal(size=x_shape).astype(dtype)
    W = np.random.normal(size=(outputs, x_shape[1], *window.kernel)).astype(dtype)
    gy = np.random.normal(size=(x_shape[0], outputs, *window.output_shape(x_shape[2:]))).astype(dtype)

    def results() -> list[bytes]:
        y = convolution.forward(x, W, None, window)
        gx = convolution.backward_data(gy, W, window, x.shape)
        return [a.tobytes() for a in (y, gx, convolution.backward_weight(x, gy, window, W.shape, W.dtype))]

    with using_config("num_threads", 1):
        alone = results()
    for threads in (2, 3, 16):
        with using_config("num_threads", threads):
            assert results() == alone


@quiet
@given(layout=st.sampled_from(LAYOUTS), dtype=st.sampled_from(DTYPES), place=st.integers(0, 119))
def test_memory_is_the_arrays_own(layout: str, dtype: Any, place: int) -> None:
    array = laid_out(np.arange(120, dtype=dtype).reshape(2, 3, 4, 5), layout)
    flat, start, strides = memory(array)
    index = np.unravel_index(place, array.shape)
    assert flat[start + np.dot(index, strides)] == array[index].view(flat.dtype)
    assert np.shares_memory(flat, array)


def test_other_types_and_unaligned_arrays_are_declined() -> None:
    window = Window2D.of(1)
    x, W = np.ones((1, 2, 3, 3)), np.ones((2, 2, 1, 1))
    for data, weights in ((x.astype(int), W), (x.astype(">f8"), W), (x.astype(np.float32), W)):
        with pytest.raises(DeclinedError, match="expected native floating dtypes, the first one the widest"):
            convolution.forward(data, weights, None, window)
    unaligned = np.zeros(x.nbytes + 1, np.uint8)[1:].view(np.float64).reshape(x.shape)
    with pytest.raises(DeclinedError, match="expected elements at multiples of their size"):
        convolution.forward(unaligned, W, None, window)
    np.testing.assert_array_equal(kernels_for("convolution", x).forward(unaligned, W, None, window), 0)


def test_float16_data_and_float32_gradients() -> None:
    x = np.random.normal(size=(2, 3, 5, 5)).astype(np.float16)
    gy = np.random.normal(size=(2, 4, 5, 5)).astype(np.float16)
    gW = convolution.backward_weight(x, gy, Window2D.of(1), (4, 3, 1, 1), np.dtype(np.float32))
    exact = np.einsum("nohw,nihw->oi", gy.astype(float), x.astype(float))
    assert gW.dtype == np.float32
    np.testing.assert_allclose(gW[:, :, 0, 0], exact, rtol=1e-5, atol=1e-5)
