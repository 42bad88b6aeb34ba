"""The CUDA kernels of max pooling, run on the simulated GPU: the reference's bits, taps and gradients included."""

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pooling_cases import CASES, drawn
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda import max_pooling
from dwbridge.kernels.cuda.plan import windows
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import max_pooling as reference

DTYPES = ("float32", "float64", "float16")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def assert_same(ours: Any, expected: np.ndarray) -> None:
    got = ours.get()
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(np.signbit(got[got == 0]), np.signbit(expected[expected == 0]))


def assert_the_reference(gpu: SimulatedGpu, x: np.ndarray, gy: np.ndarray, window: Window2D) -> None:
    y, taps = reference.forward(x, window)
    on_gpu = [gpu.module.asarray(array) for array in (x, gy, taps)]
    gpu.transfers.clear()

    ours = max_pooling.forward(on_gpu[0], window)
    gx = max_pooling.backward(on_gpu[1], ours[1], window, x.shape)
    again = max_pooling.gather(on_gpu[0], on_gpu[2], window)

    assert not gpu.transfers
    assert_same(ours[0], y)
    assert_same(ours[1], taps)
    assert_same(gx, reference.backward(gy, taps, window, x.shape))
    assert_same(again, reference.gather(x, taps, window))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_it_is_the_reference(case: str, dtype: str, gpu: SimulatedGpu) -> None:
    shape, given = CASES[case]
    window = Window2D.of(**given)
    x = drawn(shape, dtype)
    gy = np.random.default_rng(SEED).normal(size=(*shape[:2], *window.output_shape(shape[2:]))).astype(dtype)
    assert_the_reference(gpu, x, gy, window)
    expected = {"max_pooling", "max_pooling_gather"} if gy.size else set()
    assert set(gpu.launches) == expected | ({"max_pooling_gradient"} if x.size else set())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("given", [{"kernel": 3, "stride": 2, "pad": 1}, {"kernel": (2, 3), "pad": (1, 2)}], ids=str)
def test_what_is_not_a_number_wins_and_stays(given: dict[str, Any], dtype: str, gpu: SimulatedGpu) -> None:
    x = drawn((4, 2, 7, 8), dtype)
    for k, value in enumerate((np.nan, np.inf, -np.inf)):
        x[0].reshape(-1)[k :: 7 + k] = value
    x[1], x[2, 0] = -np.inf, np.nan
    x[3, :, ::2] = -0.0
    window = Window2D.of(**given)
    gy = x[:, :, : window.output_shape(x.shape[2:])[0], : window.output_shape(x.shape[2:])[1]]
    gy = np.resize(gy, (4, 2, *window.output_shape(x.shape[2:])))
    assert np.isnan(reference.forward(x, window)[0]).any()
    assert_the_reference(gpu, x, gy, window)


def test_any_layout_and_any_alignment(gpu: SimulatedGpu) -> None:
    window = Window2D.of(3, 2, 1)
    for dtype in DTYPES:
        x, gy = drawn((2, 3, 6, 7), dtype), drawn((2, 3, 3, 4), dtype)
        y, taps = reference.forward(x, window)
        gx = reference.backward(gy, taps, window, x.shape)
        backwards = gpu.module.asarray(x[..., ::-1].copy())[..., ::-1]
        odd = gpu.module.asarray(np.append(x[0, 0, 0, 0], x))[1:].reshape(x.shape)
        last = gpu.module.asarray(gy.transpose(0, 2, 3, 1).copy()).transpose(0, 3, 1, 2)
        turned = gpu.module.asarray(taps.swapaxes(2, 3).copy()).swapaxes(2, 3)
        for given in (backwards, odd):
            for ours, expected in zip(max_pooling.forward(given, window), (y, taps), strict=True):
                assert_same(ours, expected)
            assert_same(max_pooling.gather(given, turned, window), reference.gather(x, taps, window))
        assert_same(max_pooling.backward(last, turned, window, list(x.shape)), gx)


def test_a_tap_that_no_window_has_reads_nothing(gpu: SimulatedGpu) -> None:
    for window in (Window2D.of(2, 2), Window2D.of(2, 3)):
        x, taps = drawn((1, 1, 6, 6), "float32") + 9, np.full((1, 1, *window.output_shape((6, 6))), 4, np.int32)
        taps[0, 0, 0] = -1
        assert_same(max_pooling.gather(*map(gpu.module.asarray, (x, taps)), window), np.zeros_like(taps, np.float32))


@pytest.fixture
def few_places(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(windows, "MOST_PLACES", 100)
    caches = windows.every_output, windows.every_pixel
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("few_places")
def test_planes_go_in_batches(gpu: SimulatedGpu) -> None:
    window = Window2D.of(3, 1, 1)
    x = drawn((2, 7, 5, 6), "float32")
    assert_the_reference(gpu, x, x[::-1], window)
    planned = windows.every_output("max_pooling", "max_pooling", x.shape, window, "float32")
    assert planned.launch is not None
    assert planned.launch.grid[1] == 5  # 14 planes of 30, three to a batch


@pytest.mark.usefixtures("few_places")
def test_a_plane_that_32_bits_do_not_count_is_the_references(gpu: SimulatedGpu) -> None:
    for image, given in (((11, 10), {}), ((4, 4), {"pad": 49}), ((4, 4), {"kernel": 2, "pad": 25, "dilate": 50})):
        with pytest.raises(DeclinedError, match="at most 100 places"):
            max_pooling.forward(
                gpu.module.asarray(drawn((1, 1, *image), "float32")), Window2D.of(**{"kernel": 1} | given)
            )


def test_other_arrays_are_the_references(gpu: SimulatedGpu) -> None:
    window = Window2D.of(2)
    x, y = (gpu.module.asarray(np.ones((1, 1, size, size), "float32")) for size in (4, 3))
    taps = gpu.module.asarray(np.zeros((1, 1, 3, 3), "int32"))
    with pytest.raises(DeclinedError, match="int64"):
        max_pooling.forward(x.astype("int64"), window)
    with pytest.raises(DeclinedError, match="got int64"):
        max_pooling.gather(x, taps.astype("int64"), window)
    with pytest.raises(DeclinedError, match="1, 1, 3, 3"):
        max_pooling.gather(x, taps[:, :, 1:], window)
    with pytest.raises(DeclinedError, match="1, 1, 3, 3"):
        max_pooling.backward(y[..., 1:], taps, window, x.shape)


def test_bfloat16(gpu: SimulatedGpu) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    window = Window2D.of(3, 2, 1)
    x, gy = drawn((2, 1, 6, 7), bfloat16), drawn((2, 1, 3, 4), bfloat16)
    y, taps = reference.forward(x.astype(np.float32), window)
    ours, our_taps = max_pooling.forward(gpu.module.asarray(x), window)
    gx = max_pooling.backward(gpu.module.asarray(gy), our_taps, window, x.shape)
    np.testing.assert_array_equal(ours.get(), y.astype(bfloat16))
    np.testing.assert_array_equal(our_taps.get(), taps)
    expected = reference.backward(gy.astype(np.float32), taps, window, x.shape)
    np.testing.assert_array_equal(gx.get(), expected.astype(bfloat16))


def test_every_routine_is_there_and_its_kernels_are_listed() -> None:
    names = {name for name, value in vars(reference).items() if inspect.getmodule(value) is reference}
    assert names == {"forward", "backward", "gather"}
    assert all(callable(getattr(max_pooling, name)) for name in names)
    listed = set(max_pooling.instances())
    assert len(listed) == 4 * (len(windows.UNROLLED) + 1)
    assert {windows.instance("max_pooling", "float16", Window2D.of(**given)) for _, given in CASES.values()} <= listed
