"""The compiled depthwise kernels against the reference, over everything that a window and an array can be."""

import itertools

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from seed import SEED

from dwbridge.configuration import using_config
from dwbridge.geometry import Window2D
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import depthwise as reference

compiled = pytest.importorskip("dwbridge.kernels.compiled.depthwise", reason="Numba is not installed")

#: Unit roundoff of the stored type and of the arithmetic.
ROUNDOFF = {"float16": (2.0**-11, 2.0**-24), "float32": (0.0, 2.0**-24), "float64": (0.0, 2.0**-53)}

#: Kernel, stride, dilation: each is compiled, so there are few. The first are unrolled, the others listed.
WINDOWS = [
    ((3, 3), (1, 1), (1, 1)),
    ((3, 3), (2, 2), (1, 1)),
    ((5, 2), (1, 2), (1, 1)),
    ((3, 9), (1, 1), (1, 1)),
    ((3, 2), (3, 2), (2, 3)),
    ((31, 31), (1, 1), (1, 1)),
]

#: Sizes of images beyond what the kernel needs: from nothing to several strips and bands.
ROOM = [(0, 0), (6, 5), (12, 19), (3, 37), (130, 60)]


def window_of(kernel: tuple[int, int], stride: object, pad: object, dilate: object = 1) -> Window2D:
    return Window2D.of(kernel, stride, pad, dilate)


@st.composite
def problems(draw: st.DrawFn) -> tuple:
    kernel, stride, dilate = draw(st.sampled_from(WINDOWS))
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilate, strict=True)]
    pad = tuple(tuple(draw(st.integers(0, min(4, e))) for _ in range(2)) for e in extent)
    room = draw(st.sampled_from(ROOM))
    image = tuple(max(1, e - sum(p)) + r for e, p, r in zip(extent, pad, room, strict=True))
    n, c, m = draw(st.integers(0, 3)), draw(st.sampled_from([1, 2, 9])), draw(st.sampled_from([1, 1, 3]))
    return Window2D.of(kernel, stride, pad, dilate), image, n, c, m


def draw_arrays(problem: tuple, dtype: str, seed: int = SEED) -> tuple[np.ndarray, ...]:
    window, image, n, c, m = problem
    random = np.random.default_rng(seed)
    oh, ow = window.output_shape(image)
    shapes = (n, c, *image), (m, c, *window.kernel), (c * m,), (n, c * m, oh, ow)
    x, W, b, gy = (random.normal(size=shape).astype(dtype) for shape in shapes)
    return x, W, b, gy


def check(actual: np.ndarray, exact: np.ndarray, magnitude: np.ndarray, terms: int, dtype: str) -> None:
    """The error of a sum of so many products, in any order, against its bound (Higham, ch. 3)."""
    stored, unit = ROUNDOFF[dtype]
    gamma = (terms + 1) * unit / (1 - (terms + 1) * unit)
    bound = gamma * magnitude * (1 + stored) + stored * np.abs(exact) + (2.0**-25 if dtype == "float16" else 0)
    assert actual.dtype == dtype
    np.testing.assert_array_less(np.abs(actual.astype(np.float64) - exact), bound + 1e-300)


# A failure is not shrunk: every step would compile another kernel.
@given(problem=problems(), dtype=st.sampled_from(["float32", "float32", "float64", "float16"]))
@settings(max_examples=60, deadline=None, derandomize=True, phases=[Phase.generate])
def test_every_pass_is_within_the_rounding_bound(dtype: str, problem: tuple) -> None:
    window, _, n, _, m = problem
    x, W, b, gy = draw_arrays(problem, dtype)
    X, V, B, G = (a.astype(np.float64) for a in (x, W, b, gy))
    taps, pixels = W[0, 0].size, n * gy[0, 0].size if n else 0
    gx, gW, gb = compiled.backward(x, W, gy, window)
    exact = reference.backward_data(G, V, window, x.shape)
    magnitude = reference.backward_data(abs(G), abs(V), window, x.shape)
    check(gx, exact, magnitude, taps * m, dtype)
    check(compiled.backward_data(gy, W, window, x.shape), exact, magnitude, taps * m, dtype)
    exact = reference.backward_weight(X, G, window, W.shape, np.float64)
    magnitude = reference.backward_weight(abs(X), abs(G), window, W.shape, np.float64)
    check(gW, exact, magnitude, pixels, dtype)
    check(compiled.backward_weight(x, gy, window, W.shape, W.dtype), exact, magnitude, pixels, dtype)
    check(gb, G.sum((0, 2, 3)), abs(G).sum((0, 2, 3)), pixels, dtype)
    y = compiled.forward(x, W, b, window)
    check(y, reference.forward(X, V, B, window), reference.forward(abs(X), abs(V), abs(B), window), taps + 1, dtype)


PLAIN = [
    pytest.param(((3, 3), stride, 1), image, id=f"{image}-{stride}")
    for image, stride in itertools.product([(7, 7), (14, 14), (1, 1), (57, 70)], [1, 2])
]


@pytest.mark.parametrize(("window", "image"), PLAIN)
def test_every_element_is_written(monkeypatch: pytest.MonkeyPatch, window: tuple, image: tuple[int, int]) -> None:
    problem = (window_of(*window), image, 2, 9, 1)
    x, W, b, gy = draw_arrays(problem, "float32")
    clean = all_passes(x, W, b, gy, problem[0])
    for module in (compiled, compiled.np):  # the module's own for large arrays, NumPy's for those of the size of W
        monkeypatch.setattr(module, "empty", lambda shape, dtype: np.full(shape, np.nan, dtype))
    for poisoned, plain in zip(all_passes(x, W, b, gy, problem[0]), clean, strict=True):
        np.testing.assert_array_equal(poisoned, plain)
        assert not np.isnan(poisoned).any()


def all_passes(x: np.ndarray, W: np.ndarray, b: np.ndarray, gy: np.ndarray, window: Window2D) -> list[np.ndarray]:
    return [
        compiled.forward(x, W, b, window),
        compiled.backward_data(gy, W, window, x.shape),
        compiled.backward_weight(x, gy, window, W.shape, W.dtype),
        *compiled.backward(x, W, gy, window),
    ]


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (3, 3), (5, 1), (7, 1)])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_pass_as_in_the_reference(value: float, kernel: int, stride: int) -> None:
    problem = (Window2D.of(kernel, stride, ((1, 2), (0, 1))), (11, 13), 2, 9, 2)
    x, W, b, gy = draw_arrays(problem, "float64")
    random = np.random.default_rng(SEED)
    for array in (x, gy):
        array.ravel()[random.integers(0, array.size, 5)] = value
    gy[0, 3, 0] = value  # the first row meets padding, with which products are NaN
    with np.errstate(invalid="ignore"):
        window = problem[0]
        expected = [
            reference.forward(x, W, b, window),
            reference.backward_data(gy, W, window, x.shape),
            reference.backward_weight(x, gy, window, W.shape, W.dtype),
        ]
        for actual, plain in zip(all_passes(x, W, b, gy, window), expected, strict=False):
            np.testing.assert_array_equal(np.isnan(actual), np.isnan(plain))
            np.testing.assert_array_equal(np.isinf(actual), np.isinf(plain))
            np.testing.assert_allclose(actual, plain, rtol=1e-10)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_declined(value: float) -> None:
    problem = (Window2D.of(3, 1, 1), (5, 6), 2, 9, 1)
    x, W, b, gy = draw_arrays(problem, "float32")
    W[0, 8, 2, 1] = value
    window = problem[0]
    for routine, args in (
        (compiled.forward, (x, W, b, window)),
        (compiled.backward_data, (gy, W, window, x.shape)),
        (compiled.backward, (x, W, gy, window)),
    ):
        with pytest.raises(DeclinedError, match="expected finite weights"):
            routine(*args)


#: Padding beyond the kernel: some of gy reaches no pixel of x, and is part of the bias gradient all the same.
@pytest.mark.parametrize("pad", [((3, 0), (0, 3)), ((0, 4), (4, 0)), ((4, 4), (4, 4))])
def test_padding_may_be_wider_than_the_kernel(pad: tuple) -> None:
    for stride in (1, 2):
        problem = (Window2D.of(3, stride, pad), (6, 9), 2, 9, 2)
        x, W, b, gy = draw_arrays(problem, "float64")
        window = problem[0]
        gx, gW, gb = compiled.backward(x, W, gy, window)
        np.testing.assert_allclose(gx, reference.backward_data(gy, W, window, x.shape), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(gW, reference.backward_weight(x, gy, window, W.shape, "f8"), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(gb, gy.sum((0, 2, 3)), rtol=1e-12)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("image", [(7, 7), (57, 70)])
def test_the_number_of_threads_changes_no_bit(image: tuple[int, int], stride: int) -> None:
    problem = (Window2D.of(3, stride, 1), image, 5, 40, 1)
    arrays = draw_arrays(problem, "float32")
    with using_config("num_threads", 1):
        alone = all_passes(*arrays, problem[0])
    for threads in (2, 3, 16):
        with using_config("num_threads", threads):
            for one, many in zip(alone, all_passes(*arrays, problem[0]), strict=True):
                assert one.tobytes() == many.tobytes()


LAYOUTS = {
    "channels last": lambda a: np.ascontiguousarray(a.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
    "reversed": lambda a: a[::-1, ::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1, ::-1],
    "every other": lambda a: np.repeat(np.repeat(a, 2, 3), 2, 1)[:, ::2, :, ::2],
    "broadcast": lambda a: np.broadcast_to(a[:1, :, :1], a.shape),
    "read only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
}


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_change_no_bit(layout: str, dtype: str) -> None:
    problem = (Window2D.of(3, 2, 1), (9, 14), 2, 9, 2)
    x, W, b, gy = draw_arrays(problem, dtype)
    x, W, gy = (LAYOUTS[layout](a) for a in (x, W, gy))
    plain = [np.ascontiguousarray(a) for a in (x, W, b, gy)]
    for strided, contiguous in zip(all_passes(x, W, b, gy, problem[0]), all_passes(*plain, problem[0]), strict=True):
        assert strided.tobytes() == contiguous.tobytes()


def test_inputs_are_not_written_to() -> None:
    problem = (Window2D.of(3, 1, 1), (9, 14), 2, 9, 1)
    arrays = draw_arrays(problem, "float32")
    before = [a.copy() for a in arrays]
    all_passes(*arrays, problem[0])
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("dtypes", [("float32", "float64"), ("int32", "int32"), (">f4", ">f4")])
def test_other_types_are_declined(dtypes: tuple[str, str]) -> None:
    x, W = np.ones((1, 1, 4, 4), dtypes[0]), np.ones((1, 1, 3, 3), dtypes[1])
    with pytest.raises(DeclinedError, match="expected arrays of one native floating dtype, got"):
        compiled.forward(x, W, None, Window2D.of(3))
    with pytest.raises(DeclinedError, match="expected images with pixels, got 0 by 3"):
        compiled.forward(np.ones((1, 1, 0, 3)), np.ones((1, 1, 1, 1)), None, Window2D.of(1, pad=1))
