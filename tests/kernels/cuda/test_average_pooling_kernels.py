"""The CUDA kernels of average pooling, run on the simulated GPU: the reference's bits, but for sums of whole planes."""

import inspect
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from kernels_rounding import computing_unit, error, gamma
from pooling_cases import CASES, drawn
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda import average_pooling
from dwbridge.kernels.cuda import launch as launching
from dwbridge.kernels.cuda.launch import is_aligned
from dwbridge.kernels.cuda.plan import whole_planes, windows
from dwbridge.kernels.cuda.plan.launches import Launch
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import average_pooling as reference

#: images, and windows with all of them inside
WHOLE: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "7x7": ((3, 5, 7, 7), {"kernel": 7}),
    "8x8, packs": ((2, 5, 8, 8), {"kernel": 8, "stride": 3}),
    "fewer pixels than packs": ((2, 9, 1, 3), {"kernel": (1, 3)}),
    "one pixel": ((3, 6, 1, 1), {"kernel": 1}),
    "beyond the image": ((1, 3, 6, 8), {"kernel": (9, 11), "pad": ((1, 2), (0, 3))}),
    "beyond the padding": ((1, 2, 5, 8), {"kernel": (9, 11), "pad": ((1, 2), (0, 3)), "stride": 3, "cover_all": True}),
    "a block's": ((2, 2, 65, 64), {"kernel": (65, 64)}),
    "a block's, without packs": ((1, 2, 67, 65), {"kernel": (67, 65)}),
}
DTYPES = ("float32", "float64", "float16")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def normal(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    return np.random.default_rng(SEED).normal(size=shape).astype(dtype)


def gradient_of(x: np.ndarray, window: Window2D) -> np.ndarray:
    return normal((*x.shape[:2], *window.output_shape(x.shape[2:])), x.dtype)


def assert_same(ours: Any, expected: np.ndarray) -> None:
    got = ours.get()
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("count_padding", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_it_is_the_reference(case: str, dtype: str, count_padding: bool, gpu: SimulatedGpu) -> None:
    shape, given = CASES[case]
    window = Window2D.of(**given)
    x = normal(shape, dtype)
    gy = gradient_of(x, window)
    on_gpu = [gpu.module.asarray(array) for array in (x, gy)]
    gpu.transfers.clear()

    y = average_pooling.forward(on_gpu[0], window, count_padding)
    gx = average_pooling.backward(on_gpu[1], window, count_padding, x.shape)

    assert not gpu.transfers
    assert_same(y, reference.forward(x, window, count_padding))
    assert_same(gx, reference.backward(gy, window, count_padding, x.shape))
    whole = case in ("the whole image", "one pixel")
    gradient = "average_planes_gradient" if whole else "average_pooling_gradient"
    assert gpu.launches == ["average_pooling"] * bool(gy.size) + [gradient] * bool(x.size)


@pytest.mark.parametrize("count_padding", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", WHOLE)
def test_whole_planes(case: str, dtype: str, count_padding: bool, gpu: SimulatedGpu) -> None:
    shape, given = WHOLE[case]
    window, pixels = Window2D.of(**given), math.prod(shape[2:])
    quarters, x = drawn(shape, dtype), normal(shape, dtype)
    gy = gradient_of(x, window)
    on_gpu = [gpu.module.asarray(array) for array in (quarters, x, gy)]
    gpu.transfers.clear()

    exact, y = (average_pooling.forward(array, window, count_padding) for array in on_gpu[:2])
    gx = average_pooling.backward(on_gpu[2], window, count_padding, shape)

    assert gpu.launches == ["average_planes" if pixels >= 32 else "average_pooling"] * 2 + ["average_planes_gradient"]
    assert not gpu.transfers
    assert_same(exact, reference.forward(quarters, window, count_padding))  # their sums are not rounded
    assert_same(gx, reference.backward(gy, window, count_padding, shape))
    wide = x.astype(np.longdouble)
    count = math.prod(window.kernel) if count_padding else pixels
    sums, sizes = (values.sum((2, 3), keepdims=True) / count for values in (wide, abs(wide)))
    assert error(y.get(), sums, gamma(roundings(pixels, y.dtype), computing_unit(y.dtype)) * sizes) <= 1


def roundings(pixels: int, dtype: np.dtype) -> int:
    """Additions on the longest way from a pixel to the sum, and the quotient."""
    if pixels < 32:
        return pixels + 1
    pack = 1 if pixels % (16 // dtype.itemsize) else 16 // dtype.itemsize
    group = 256 if pixels // pack >= whole_planes.LONG else 32
    return -(-pixels // (pack * group)) * pack + 5 + (group // 32 if group > 32 else 0) + 1


NOT_WHOLE: tuple[dict[str, Any], ...] = (
    {"kernel": (8, 7)},
    {"kernel": 8, "pad": ((1, 0), (0, 0))},
    {"kernel": 8, "pad": ((1, 0), (0, 0)), "stride": 2},
    {"kernel": 8, "pad": ((0, 7), (0, 7)), "dilate": 2},
)


@pytest.mark.parametrize("given", NOT_WHOLE, ids=str)
def test_a_window_that_misses_a_pixel_is_another_kernels(given: dict[str, Any], gpu: SimulatedGpu) -> None:
    x, window = normal((1, 2, 8, 8), "float32"), Window2D.of(**given)
    gy = gradient_of(x, window)
    assert_same(average_pooling.forward(gpu.module.asarray(x), window, False), reference.forward(x, window, False))
    gx = average_pooling.backward(gpu.module.asarray(gy), window, False, x.shape)
    assert_same(gx, reference.backward(gy, window, False, x.shape))
    assert gpu.launches == ["average_pooling", "average_pooling_gradient"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("given", [{"kernel": 3, "stride": 2, "pad": 1}, {"kernel": (8, 8)}], ids=str)
def test_what_is_not_a_number(given: dict[str, Any], dtype: str, gpu: SimulatedGpu) -> None:
    x, window = drawn((5, 2, 8, 8), dtype), Window2D.of(**given)
    x[0, 0, 3, 3], x[1, 1, 7, 7], x[2, 0, 0, 0] = np.nan, np.inf, -np.inf
    x[3, 0, 1, 1], x[3, 0, 1, 2] = np.inf, -np.inf
    gy = np.resize(x, (5, 2, *window.output_shape((8, 8))))
    gy[0, 0, 0, 0], gy[1, 1, -1, -1] = np.nan, -np.inf
    on_gpu = [gpu.module.asarray(array) for array in (x, gy)]
    assert_same(average_pooling.forward(on_gpu[0], window, False), reference.forward(x, window, False))
    gx = average_pooling.backward(on_gpu[1], window, False, x.shape)
    assert_same(gx, reference.backward(gy, window, False, x.shape))


@pytest.mark.parametrize("given", [{"kernel": 2, "stride": 2}, {"kernel": (6, 8)}], ids=str)
def test_any_layout_and_any_alignment(given: dict[str, Any], gpu: SimulatedGpu) -> None:
    window = Window2D.of(**given)
    for dtype in DTYPES:
        x = drawn((2, 3, 6, 8), dtype)
        gy = gradient_of(x, window)
        y, gx = reference.forward(x, window, True), reference.backward(gy, window, True, x.shape)
        backwards = gpu.module.asarray(x[..., ::-1].copy())[..., ::-1]
        odd = gpu.module.asarray(np.append(x[0, 0, 0, 0], x))[1:].reshape(x.shape)
        both = gpu.module.asarray(np.pad(x, ((0, 0), (0, 0), (0, 1), (1, 0))))[..., :6, 1:]
        for values in (backwards, odd, both):
            assert_same(average_pooling.forward(values, window, True), y)
        last = gpu.module.asarray(gy.transpose(0, 2, 3, 1).copy()).transpose(0, 3, 1, 2)
        odd = gpu.module.asarray(np.append(gy[0, 0, 0, 0], gy))[1:].reshape(gy.shape)
        for values in (last, odd):
            assert_same(average_pooling.backward(values, window, True, list(x.shape)), gx)


def test_packs_are_read_where_they_begin(gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU faults elsewhere, a CPU does not; and the bits are the same, wherever the array begins."""
    given: list[bool] = []

    def run(launch: Launch, y: Any, x: Any) -> None:
        given.append(is_aligned(y, x))
        launching.run(launch, y, x)

    monkeypatch.setattr(average_pooling, "run", run)
    x = normal((2, 3, 20, 20), "float32")
    odd = gpu.module.asarray(np.append(x[0, 0, 0, 0], x))[1:].reshape(x.shape)
    assert not is_aligned(odd)
    y = average_pooling.forward(gpu.module.asarray(x), Window2D.of(20), True)
    assert_same(average_pooling.forward(odd, Window2D.of(20), True), y.get())
    assert given == [True, True]


@pytest.fixture
def few_places(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(windows, "MOST_PLACES", 100)
    monkeypatch.setattr(whole_planes, "MOST_PLACES", 100)
    monkeypatch.setattr(whole_planes, "MOST_PIXELS", 12)
    caches = (windows.every_output, windows.every_pixel, whole_planes.means, whole_planes.shares)
    caches += (average_pooling._forward, average_pooling._backward)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("few_places")
@pytest.mark.parametrize(
    ("kernel", "launched"), [((3, 3), "average_planes_gradient"), ((4, 4), "average_pooling_gradient")]
)
def test_planes_go_in_batches(kernel: tuple[int, int], launched: str, gpu: SimulatedGpu) -> None:
    window = Window2D.of(kernel)
    for dtype in DTYPES:
        x = drawn((2, 15, *kernel), dtype)
        gy = gradient_of(x, window)
        gx = average_pooling.backward(gpu.module.asarray(gy), window, True, x.shape)
        assert_same(gx, reference.backward(gy, window, True, x.shape))
        launch, _ = average_pooling._backward(x.shape, window, True, dtype)
        assert launch is not None
        assert launch.grid[1] > 2
    assert gpu.launches == [launched] * 3


@pytest.mark.usefixtures("few_places")
def test_a_plane_that_32_bits_do_not_count_is_the_references(gpu: SimulatedGpu) -> None:
    for kernel in (1, (11, 10)):
        with pytest.raises(DeclinedError, match="at most 100 places"):
            average_pooling.forward(gpu.module.asarray(drawn((1, 1, 11, 10), "float32")), Window2D.of(kernel), True)


def test_other_arrays_are_the_references(gpu: SimulatedGpu) -> None:
    x, y = (gpu.module.asarray(np.ones((1, 1, size, size), "float32")) for size in (4, 3))
    with pytest.raises(DeclinedError, match="int64"):
        average_pooling.forward(x.astype("int64"), Window2D.of(2), True)
    with pytest.raises(DeclinedError, match="1, 1, 3, 3"):
        average_pooling.backward(y[..., 1:], Window2D.of(2), True, x.shape)
    with pytest.raises(DeclinedError, match="1, 1, 1, 1"):
        average_pooling.backward(y, Window2D.of(4), True, x.shape)


@pytest.mark.parametrize("given", [{"kernel": 3, "stride": 2, "pad": 1}, {"kernel": (6, 8)}], ids=str)
def test_bfloat16(given: dict[str, Any], gpu: SimulatedGpu) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    window = Window2D.of(**given)
    x = drawn((2, 1, 6, 8), bfloat16)
    gy = gradient_of(x, window)
    y = average_pooling.forward(gpu.module.asarray(x), window, False)
    gx = average_pooling.backward(gpu.module.asarray(gy), window, False, x.shape)
    np.testing.assert_array_equal(y.get(), reference.forward(x.astype(np.float32), window, False).astype(bfloat16))
    expected = reference.backward(gy.astype(np.float32), window, False, x.shape).astype(bfloat16)
    np.testing.assert_array_equal(gx.get(), expected)


def test_every_routine_is_there_and_its_kernels_are_listed() -> None:
    names = {
        name for name, value in vars(reference).items() if inspect.getmodule(value) is reference and name[0] != "_"
    }
    assert names == {"forward", "backward"}
    assert all(callable(getattr(average_pooling, name)) for name in names)
    listed = set(average_pooling.instances())
    assert len(listed) == 4 * (len(windows.UNROLLED) + 1) + 4 * 2 * 2
    for shape, given in (*CASES.values(), *WHOLE.values()):
        for plan in (average_pooling._forward, average_pooling._backward):
            launch = plan(shape, Window2D.of(**given), True, "float16").launch
            assert launch is None or launch.instance in listed
