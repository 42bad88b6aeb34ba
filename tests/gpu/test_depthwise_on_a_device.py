"""The depthwise kernels on a device: within rounding of float64 on the CPU, and the same bits in every run.

The tests whose name says sanitized are those that run under compute-sanitizer as well: few, and small.
"""

import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from cases import Case, cases_of
from seed import SEED

from dwbridge.backend import GpuDevice
from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda import depthwise
from dwbridge.kernels.reference import depthwise as reference

pytestmark = pytest.mark.gpu

CASES = [pytest.param(case, id=case.name) for case in cases_of("depthwise_convolution_2d")]
#: unit roundoff, and what flushing small numbers of the computing type to zero explains
ROUNDING = {"float32": (2.0**-24, 2.0**-126), "float64": (2.0**-53, 0.0), "float16": (2.0**-11, 2.0**-24)}
#: images, channels, size, kernel, stride: layers of mobile networks, for each kernel there is
LAYERS = [
    *((2, 32, 112, 3, 1), (2, 96, 112, 3, 2), (2, 144, 56, 5, 2), (3, 240, 28, 5, 1), (5, 480, 14, 5, 1)),
    *((2, 96, 56, 7, 1), (7, 960, 7, 3, 1), (35, 768, 7, 7, 1), (1, 2, 24, 11, 1), (2, 6, 33, 3, 1)),
]


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("case", CASES)
def test_every_case_is_within_rounding(case: Case, dtype: str, cupy: ModuleType) -> None:
    x, W, *b = case.draw_arrays(dtype, np.random.default_rng(SEED))
    words = case.keywords_as(dtype)
    window = Window2D.of(W.shape[2:], words.get("stride", 1), words.get("pad", 0), words.get("dilate", 1))
    check(cupy, x, W, b[0] if b else None, window)


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_layers_are_within_rounding(layer: tuple[int, ...], dtype: str, cupy: ModuleType) -> None:
    check(cupy, *drawn(layer, dtype))


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize(
    "layer", [(1, 3, 16, 3, 1), (9, 3, 7, 3, 1), (1, 2, 9, 5, 2), (9, 2, 16, 7, 1), (17, 8, 7, 5, 1)], ids=str
)
def test_sanitized_layers(layer: tuple[int, ...], dtype: str, cupy: ModuleType) -> None:
    check(cupy, *drawn(layer, dtype))


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_every_run_gives_the_same_bits(layer: tuple[int, ...], dtype: str, cupy: ModuleType) -> None:
    x, W, b, window = drawn(layer, dtype)
    first = computed(x, W, b, window)
    for _ in range(19):
        for again, y in zip(computed(x, W, b, window), first, strict=True):
            assert again.tobytes() == y.tobytes()


def test_another_stream_and_an_unaligned_array(cupy: ModuleType) -> None:
    x, W, b, window = drawn((1, 3, 16, 3, 1), "float32")
    expected = computed(x, W, b, window)[0]
    there = cupy.empty(x.size + 1, "float32")[1:].reshape(x.shape)
    there[...] = cupy.asarray(x)
    stream = cupy.cuda.Stream(non_blocking=True)
    cupy.cuda.get_current_stream().synchronize()
    with stream:
        y = depthwise.forward(there, cupy.asarray(W), cupy.asarray(b), window)
    stream.synchronize()
    np.testing.assert_allclose(y.get(), expected, rtol=1e-5, atol=1e-5)


def drawn(layer: tuple[int, ...], dtype: str) -> tuple[Any, Any, Any, Window2D]:
    images, channels, size, kernel, stride = layer
    draw = np.random.default_rng(SEED).standard_normal
    shapes = (images, channels, size, size), (1, channels, kernel, kernel), (channels,)
    x, W, b = (draw(shape).astype(dtype) for shape in shapes)
    return x, W, b, Window2D.of(kernel, stride, kernel // 2, 1)


def gradient(x: np.ndarray, W: np.ndarray, window: Window2D) -> np.ndarray:
    shape = len(x), W.shape[0] * W.shape[1], *window.output_shape(x.shape[2:])
    return np.random.default_rng(SEED + 1).standard_normal(shape).astype(x.dtype)


def computed(x: np.ndarray, W: np.ndarray, b: np.ndarray | None, window: Window2D) -> list[np.ndarray]:
    """y, gx, gW and gb by the kernels."""
    x, W, b, gy = GpuDevice.current().send([x, W, b, gradient(x, W, window)])
    return [array.get() for array in (depthwise.forward(x, W, b, window), *depthwise.backward(x, W, gy, window))]


def check(cupy: ModuleType, x: np.ndarray, W: np.ndarray, b: np.ndarray | None, window: Window2D) -> None:
    """Every result against float64, within what rounding explains."""
    gy = gradient(x, W, window)
    wide = [None if array is None else array.astype(np.float64) for array in (x, W, b, gy)]
    sizes = [None if array is None else abs(array) for array in wide]
    taps, outputs = math.prod(window.kernel), len(gy) * math.prod(gy.shape[2:])
    y, gx, gW, gb = computed(x, W, b, window)
    for got, terms, compute in (
        (y, taps, lambda x, W, b, gy: reference.forward(x, W, b, window)),
        (gx, taps * len(W), lambda x, W, b, gy: reference.backward_data(gy, W, window, x.shape)),
        (gW, outputs, lambda x, W, b, gy: reference.backward_weight(x, gy, window, W.shape, np.float64)),
        (gb, outputs, lambda x, W, b, gy: gy.sum((0, 2, 3))),
    ):
        assert got.dtype == x.dtype
        assert_near(got, compute(*wide), compute(*sizes), terms)


def assert_near(got: np.ndarray, expected: np.ndarray, size: np.ndarray, terms: int) -> None:
    """Sums of `terms` products of this size in the computing type, rounded once more. Source: Higham, chapter 3."""
    rounding, tiny = ROUNDING[got.dtype.name]
    u = min(rounding, ROUNDING["float32"][0])
    bound = (terms + 1) * u / (1 - (terms + 1) * u) * size + rounding * abs(expected) + tiny
    assert (abs(got.astype(np.float64) - expected) <= bound).all()
