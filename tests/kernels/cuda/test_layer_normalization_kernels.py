"""The CUDA kernels of layer normalization, run on the simulated GPU, against the reference in float64.

Bounds are those of the arithmetic: `u` is its unit roundoff, and a rounded operation costs u of its result.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.backend import compute_dtype
from dwbridge.kernels.cuda import layer_normalization
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import layer_normalization as reference

#: (shape, axis): rows of a warp and of a block, columns of a few groups and of many
LAYOUTS = [
    *[((5, 3, 24), 2), ((37, 7), 1), ((9, 50), 1), ((3, 1100), 1), ((2, 1031), 1), ((2, 4, 1), 2), ((300, 33), 1)],
    *[((2, 24, 5, 7), 1), ((3, 130, 3, 4), 1), ((9, 4), 0), ((2, 1, 40), 1), ((2, 3, 46, 47), 1), ((70, 2, 3), 1)],
]
DTYPES = [("float32", "float32"), ("float64", "float64"), ("float16", "float16"), ("float16", "float32")]
#: Values that one thread adds in these layouts, and roundings of the longest way through warp, block and slices.
VALUES, MERGES = 40, 3 * (5 + 31 + 8)
CHAIN = VALUES + MERGES
EPS = 1e-5

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def drawn(shape: tuple[int, ...], axis: int, dtypes: tuple[str, str], offset: float = 1.0) -> list[np.ndarray]:
    """x, gamma, beta, gy."""
    rng = np.random.default_rng(SEED)
    x, gy = (rng.normal(at, 2, shape).astype(dtypes[0]) for at in (offset, 0.1))
    gamma, beta = (rng.normal(1, 1, shape[axis]).astype(dtypes[1]) for _ in range(2))
    return [x, gamma, beta, gy]


def exact(arrays: Any) -> list[np.ndarray]:
    return [np.asarray(array, np.float64) for array in arrays]


def unit(dtype: Any) -> float:
    return float(np.finfo(compute_dtype(dtype)).eps) / 2


def assert_within(got: Any, expected: np.ndarray, bound: np.ndarray) -> None:
    """Within a bound, and the rounding of what is stored."""
    got = got.get()
    assert got.shape == expected.shape
    kind = np.finfo(got.dtype)
    bound = bound + float(kind.eps) / 2 * (abs(expected) + bound) + float(kind.smallest_subnormal)
    assert (abs(got.astype(np.float64) - expected) <= bound).all()


def form(shape: tuple[int, ...], axis: int) -> tuple[str, str]:
    return ("rows", "column") if np.prod(shape[axis + 1 :]) == 1 else ("columns", "plane")


def along(vector: np.ndarray, axis: int, ndim: int) -> np.ndarray:
    return vector.reshape(-1, *(1 for _ in range(ndim - 1 - axis)))


def check_forward(gpu: SimulatedGpu, given: list[np.ndarray], axis: int) -> None:
    u, (x, gamma, beta, _) = unit(given[0].dtype), given
    arrays = [gpu.module.asarray(array) for array in (x, gamma, beta)]
    gpu.transfers.clear()
    y, mean, inv_std = layer_normalization.forward(*arrays, axis, EPS)
    assert (gpu.launches, gpu.transfers) == ([f"layer_normalize_{form(x.shape, axis)[0]}"], [])
    assert (y.dtype, {mean.dtype, inv_std.dtype}) == (x.dtype, {compute_dtype(x.dtype)})

    x, gamma, beta = exact((x, gamma, beta))
    results = reference.forward(x, gamma, beta, axis, EPS)
    variance = x.var(axis=axis)
    # sums of deviations and merges of means, each of numbers no larger than twice the largest
    off = 2 * CHAIN * u * abs(x).max(axis=axis)
    # deviations from the first value have up to VALUES + 1 times the squares; errors of means enter twice, and squared
    squares = ((VALUES + 1) * (VALUES + 3) + MERGES) * u * variance + 2 * np.sqrt(variance) * off + off**2
    relative = squares / (variance + EPS)
    assert (relative < 0.25).all()
    inverse = results[2] * (relative * (0.5 + relative) + 5 * u)
    assert_within(mean, results[1], off)
    assert_within(inv_std, results[2], inverse)
    off, inverse, mean, inv_std = (np.expand_dims(v, axis) for v in (off, inverse, *results[1:]))
    centred, gain = abs(x - mean), abs(along(gamma, axis, x.ndim))
    bound = gain * ((inv_std + inverse) * off + centred * (inverse + 4 * u * inv_std)) + 2 * u * abs(results[0])
    assert_within(y, results[0], bound)


def check_backward(gpu: SimulatedGpu, given: list[np.ndarray], axis: int) -> None:
    (x, gamma, _, gy), u, wide = given, unit(given[0].dtype), compute_dtype(given[0].dtype)
    mean = x.mean(axis=axis, dtype="d").astype(wide)
    inv_std = ((x.var(axis=axis, dtype="d") + EPS) ** -0.5).astype(wide)
    arrays = [gpu.module.asarray(array) for array in (x, gamma, gy, mean, inv_std)]
    gpu.transfers.clear()
    gpu.launches.clear()
    gx, ggamma, gbeta = layer_normalization.backward(*arrays[:3], axis, *arrays[3:])
    rows, column = form(x.shape, axis)
    assert gpu.launches == [f"layer_gradient_{rows}", f"{column}_gradients", "channel_gradients"]
    assert not gpu.transfers
    assert (gx.dtype, {ggamma.dtype, gbeta.dtype}) == (x.dtype, {gamma.dtype})

    x, gamma, gy, mean, inv_std = exact((x, gamma, gy, mean, inv_std))
    results = reference.backward(x, gamma, gy, axis, mean, inv_std)
    mean, inv_std = np.expand_dims(mean, axis), np.expand_dims(inv_std, axis)
    x_hat, others = abs(x - mean) * inv_std, tuple(i for i in range(x.ndim) if i != axis)
    assert_within(ggamma, results[1], CHAIN * u * (abs(gy) * x_hat).sum(axis=others))
    assert_within(gbeta, results[2], CHAIN * u * abs(gy).sum(axis=others))
    g = abs(gy * along(gamma, axis, x.ndim))
    shift, slope = (terms.mean(axis=axis, keepdims=True) for terms in (g, g * x_hat))
    assert_within(gx, results[0], (CHAIN + 8) * u * inv_std * (g + shift + x_hat * slope))


@pytest.mark.parametrize("dtypes", DTYPES, ids="-".join)
@pytest.mark.parametrize(("shape", "axis"), LAYOUTS, ids=str)
def test_it_is_the_reference(shape: tuple[int, ...], axis: int, dtypes: tuple[str, str], gpu: SimulatedGpu) -> None:
    given = drawn(shape, axis, dtypes)
    check_forward(gpu, given, axis)
    check_backward(gpu, given, axis)


@pytest.mark.parametrize(("shape", "axis"), [((9, 50), 1), ((2, 1031), 1), ((2, 24, 5, 7), 1), ((3, 130, 3, 4), 1)])
def test_large_means_cost_no_digits(shape: tuple[int, ...], axis: int, gpu: SimulatedGpu) -> None:
    check_forward(gpu, drawn(shape, axis, ("float32", "float32"), offset=1024), axis)


def test_bfloat16(gpu: SimulatedGpu) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    x, gamma, beta, _ = (array.astype(bfloat16) for array in drawn((5, 3, 24), 2, ("float32", "float32")))
    y, *_ = layer_normalization.forward(*map(gpu.module.asarray, (x, gamma, beta)), 2, EPS)
    expected = reference.forward(*exact((x, gamma, beta)), 2, EPS)[0]
    # its rounding, and that of float32, of y itself and of what beta takes away from it
    assert y.dtype == bfloat16
    bound = abs(expected) * 2.0**-8 + 1e-5 * (abs(expected) + abs(beta.astype("d")))
    assert (abs(y.get().astype("d") - expected) <= bound).all()


@pytest.mark.parametrize(("shape", "axis"), [((5, 3, 24), 2), ((2, 24, 5, 8), 1)])
def test_any_alignment_and_any_order_of_elements(shape: tuple[int, ...], axis: int, gpu: SimulatedGpu) -> None:
    x, gamma, beta, gy = map(gpu.module.asarray, drawn(shape, axis, ("float16", "float32")))

    def results(x: Any, gy: Any) -> list[np.ndarray]:
        y, mean, inv_std = layer_normalization.forward(x, gamma, beta, axis, EPS)
        gradients = layer_normalization.backward(x, gamma, gy, axis, mean, inv_std)
        return [array.get() for array in (y, mean, inv_std, *gradients)]

    def moved(array: Any) -> Any:
        behind = gpu.module.empty(array.size + 1, array.dtype)
        behind[1:] = array.ravel()
        return behind[1:].reshape(array.shape)

    plain, strided = results(x, gy), results(*(a.swapaxes(-1, -2).copy().swapaxes(-1, -2) for a in (x, gy)))
    for ours, theirs in zip(plain, strided, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(plain, results(moved(x), moved(gy)), strict=True):  # other threads add other elements
        np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize(("shape", "axis"), [((5, 3, 24), 2), ((2, 1031), 1), ((3, 130, 3, 4), 1)])
def test_the_order_of_threads_does_not_matter(shape: tuple[int, ...], axis: int, libraries: Path) -> None:
    given, bits = drawn(shape, axis, ("float32", "float32")), set()
    for order in (0, 1, 7):
        gpu = SimulatedGpu(libraries, order)
        with gpu.installed():
            x, gamma, beta, gy = map(gpu.module.asarray, given)
            y, mean, inv_std = layer_normalization.forward(x, gamma, beta, axis, EPS)
            gradients = layer_normalization.backward(x, gamma, gy, axis, mean, inv_std)
            bits.add(b"".join(array.get().tobytes() for array in (y, mean, inv_std, *gradients)))
    assert len(bits) == 1


@pytest.mark.parametrize(("at", "value"), [(0, np.inf), (5, -np.inf), (-1, np.nan), (0, 1e30), (-1, -1e30)])
@pytest.mark.parametrize(("shape", "axis"), [((9, 50), 1), ((2, 1031), 1), ((2, 24, 5, 7), 1), ((3, 130, 3, 4), 1)])
def test_what_is_no_number(shape: tuple[int, ...], axis: int, at: int, value: float, gpu: SimulatedGpu) -> None:
    x, gamma, beta, gy = drawn(shape, axis, ("float32", "float32"))
    x[0, at], gy[1, at] = value, value  # the others stay as they are
    results = layer_normalization.forward(*map(gpu.module.asarray, (x, gamma, beta)), axis, EPS)
    expected = reference.forward(x, gamma, beta, axis, EPS)
    given = [gpu.module.asarray(array) for array in (x, gamma, gy, *expected[1:])]
    results += layer_normalization.backward(*given[:3], axis, *given[3:])
    expected += reference.backward(x, gamma, gy, axis, *expected[1:])
    for ours, theirs in zip(results, expected, strict=True):
        for ask in (np.isnan, np.isposinf, np.isneginf):
            np.testing.assert_array_equal(ask(ours.get()), ask(theirs))


def test_what_is_the_references(gpu: SimulatedGpu) -> None:
    def ones(shape: tuple[int, ...], dtype: str) -> Any:
        return gpu.module.asarray(np.ones(shape, dtype))

    x, weights = ones((2, 3), "float32"), ones((3,), "float32")
    for bad in (ones((3,), "float64"), ones((3,), "int32")):
        with pytest.raises(DeclinedError, match="float64|int32"):
            layer_normalization.forward(x, bad, weights, 1, EPS)
    for empty, axis in (((0, 3), 1), ((3, 0), 0)):
        with pytest.raises(DeclinedError, match="elements"):
            layer_normalization.forward(ones(empty, "float32"), weights, weights, axis, EPS)
    with pytest.raises(DeclinedError, match="statistics of float32"):
        layer_normalization.backward(x, weights, x, 1, ones((2,), "float64"), ones((2,), "float32"))
    with pytest.raises(DeclinedError, match="one dtype"):
        layer_normalization.backward(x, weights, ones((2, 3), "float16"), 1, *[ones((2,), "float32")] * 2)
    assert not gpu.launches


def test_weights_of_another_type(gpu: SimulatedGpu) -> None:
    """They are converted, and their gradients are of their type."""
    x, gamma, beta, gy = drawn((9, 50), 1, ("float32", "float16"))
    given = [gpu.module.asarray(array) for array in (x, gamma, beta, gy)]
    y, mean, inv_std = layer_normalization.forward(*given[:3], 1, EPS)
    _, ggamma, gbeta = layer_normalization.backward(given[0], given[1], given[3], 1, mean, inv_std)
    assert (y.dtype, ggamma.dtype, gbeta.dtype) == ("float32", "float16", "float16")
    np.testing.assert_allclose(y.get(), reference.forward(x, gamma, beta, 1, EPS)[0], rtol=1e-4, atol=1e-4)
