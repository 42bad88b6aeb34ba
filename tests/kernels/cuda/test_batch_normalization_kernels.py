"""The CUDA kernels of batch normalization, run on the simulated GPU, against the reference in float64.

Bounds are those of the arithmetic: `u` is its unit roundoff, and a rounded operation costs u of its result.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.backend import compute_dtype
from dwbridge.kernels.cuda import batch_normalization
from dwbridge.kernels.cuda.plan import channels, elements
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import batch_normalization as reference
from dwbridge.kernels.reference.batch_normalization import Running

#: shape -> the axes of the statistics
LAYOUTS: dict[tuple[int, ...], tuple[int, ...]] = {
    (3, 5, 4, 6): (0, 2, 3),  # planes of whole packs, of every size
    (4, 6, 10): (0, 2),
    (4, 6, 4): (0, 2),
    (2, 3, 7, 7): (0, 2, 3),
    (7, 2, 45, 46): (0, 2, 3),  # several slices
    (2, 3, 33, 65): (0, 2, 3),
    (37, 45): (0,),  # columns
    (5, 3, 2, 9): (0, 1, 2),
    (300, 3): (0,),
    (2, 3, 4, 5): (0, 3),  # channels of two axes
    (4, 3, 5): (1, 2),
    (1, 40): (0,),  # one element of each
    (2, 1, 3): (0, 2),
}
DTYPES = [("float32", "float32"), ("float64", "float64"), ("float16", "float16"), ("float16", "float32")]
#: Values that one thread adds in these layouts, and roundings of the longest way through warp, block and slices.
VALUES, MERGES = 16, 3 * (5 + 7 + 8)
CHAIN = VALUES + MERGES
EPS = 2e-5

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


class Drawn(NamedTuple):
    """What the routines are given."""

    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    gy: np.ndarray
    mean: np.ndarray
    var: np.ndarray


def drawn(shape: tuple[int, ...], dtypes: tuple[str, str], offset: float = 1.0) -> Drawn:
    rng = np.random.default_rng(SEED)
    of_x, of_weights = dtypes
    left = tuple(size for i, size in enumerate(shape) if i not in LAYOUTS[shape])
    x, gy = (rng.normal(at, 2, shape).astype(of_x) for at in (offset, 0.1))
    gamma, beta, mean = (rng.normal(1, 1, left).astype(of_weights) for _ in range(3))
    return Drawn(x, gamma, beta, gy, mean, rng.uniform(0.5, 2, left).astype(of_weights))


def exact(arrays: Any) -> list[np.ndarray]:
    return [np.asarray(array, np.float64) for array in arrays]


def forward(gpu: SimulatedGpu, x: Any, gamma: Any, beta: Any, axes: tuple[int, ...]) -> Any:
    """y, mean, variance, inv_std; the variance is what running ones become that keep nothing of themselves."""
    variance = gpu.module.asarray(np.zeros(gamma.shape, gamma.dtype))
    gpu.transfers.clear()
    gpu.launches.clear()
    y, mean, inv_std = batch_normalization.forward(x, gamma, beta, axes, EPS, Running(None, variance, 0.0, 1.0))
    return y, mean, variance, inv_std


def statistics(x: Any, gamma: Any, beta: Any, axes: tuple[int, ...]) -> Any:
    """y, mean, variance, inv_std, by the reference."""
    variance = np.zeros(gamma.shape, gamma.dtype)
    y, mean, inv_std = reference.forward(x, gamma, beta, axes, EPS, Running(None, variance, 0.0, 1.0))
    return y, mean, variance, inv_std


def unit(dtype: Any) -> float:
    return float(np.finfo(compute_dtype(dtype)).eps) / 2


def assert_within(got: Any, expected: np.ndarray, bound: np.ndarray) -> None:
    """Within a bound, and the rounding of what is stored."""
    got = got.get()
    assert got.shape == expected.shape
    kind = np.finfo(got.dtype)
    bound = bound + float(kind.eps) / 2 * (abs(expected) + bound) + float(kind.smallest_subnormal)
    assert (abs(got.astype(np.float64) - expected) <= bound).all()


def launched(shape: tuple[int, ...], *names: str) -> list[str]:
    kind = "column" if channels.channels_of(shape, LAYOUTS[shape]).inner == 1 else "plane"
    return [name.format(kind) for name in names]


def check_forward(gpu: SimulatedGpu, given: Drawn) -> None:
    axes, u = LAYOUTS[given.x.shape], unit(given.x.dtype)
    x, gamma, beta = (gpu.module.asarray(array) for array in given[:3])
    y, mean, variance, inv_std = forward(gpu, x, gamma, beta, axes)
    names = launched(x.shape, "{}_statistics", "channel_statistics", "batch_normalize")
    assert (gpu.launches, gpu.transfers) == (names, [])
    assert (y.dtype, {mean.dtype, inv_std.dtype}) == (x.dtype, {compute_dtype(x.dtype)})

    wide_x, wide_gamma, wide_beta = exact(given[:3])
    results = statistics(wide_x, wide_gamma, wide_beta, axes)
    std = np.sqrt(results[2])
    # sums of deviations and merges of means, each of numbers no larger than twice the largest
    off = 2 * CHAIN * u * abs(wide_x).max(axis=axes)
    # deviations from the first value have up to VALUES + 1 times the squares; errors of means enter twice, and squared
    squares = ((VALUES + 1) * (VALUES + 3) + MERGES) * u * results[2] + 2 * std * off + off**2
    relative = squares / (results[2] + EPS)
    assert (relative < 0.25).all()
    inverse = results[3] * (relative * (0.5 + relative) + 5 * u)
    for got, expected, bound in zip((mean, variance, inv_std), results[1:], (off, squares, inverse), strict=True):
        assert_within(got, expected, bound)
    bare, gain = np.expand_dims(off, axes), abs(np.expand_dims(wide_gamma, axes))
    centred = abs(wide_x - np.expand_dims(results[1], axes))
    inverse, inv_std = np.expand_dims(inverse, axes), np.expand_dims(results[3], axes)
    bound = gain * ((inv_std + inverse) * bare + centred * (inverse + 4 * u * inv_std)) + 2 * u * abs(results[0])
    assert_within(y, results[0], bound)


def check_backward(gpu: SimulatedGpu, given: Drawn) -> None:
    axes, u, wide = LAYOUTS[given.x.shape], unit(given.x.dtype), compute_dtype(given.x.dtype)
    x, gamma, _, gy = (gpu.module.asarray(array) for array in given[:4])
    mean, inv_std = given.mean.astype(wide), given.var.astype(wide)
    statistics = [gpu.module.asarray(array) for array in (mean, inv_std)]
    gpu.transfers.clear()
    gpu.launches.clear()
    gx, ggamma, gbeta = batch_normalization.backward(x, gamma, gy, axes, *statistics)
    assert gpu.launches == launched(x.shape, "{}_gradients", "channel_gradients", "batch_gradient")
    assert not gpu.transfers
    assert (gx.dtype, {ggamma.dtype, gbeta.dtype}) == (x.dtype, {gamma.dtype})

    wide_x, wide_gamma, wide_gy, mean, inv_std = exact((given.x, given.gamma, given.gy, mean, inv_std))
    results = reference.backward(wide_x, wide_gamma, wide_gy, axes, mean, inv_std)
    x_hat = abs(wide_x - np.expand_dims(mean, axes)) * np.expand_dims(inv_std, axes)
    off_gamma, off_beta = (CHAIN * u * terms.sum(axis=axes) for terms in (abs(wide_gy) * x_hat, abs(wide_gy)))
    assert_within(ggamma, results[1], off_gamma)
    assert_within(gbeta, results[2], off_beta)
    m = x.size // gamma.size
    slope, shift = (np.expand_dims(abs(sums) / m, axes) for sums in results[1:])
    errors = x_hat * np.expand_dims(off_gamma, axes) / m + np.expand_dims(off_beta, axes) / m
    bound = 8 * u * (abs(wide_gy) + x_hat * slope + shift) + 2 * errors
    assert_within(gx, results[0], abs(np.expand_dims(wide_gamma * inv_std, axes)) * bound)


def check_fixed(gpu: SimulatedGpu, given: Drawn) -> None:
    axes, u = LAYOUTS[given.x.shape], unit(given.x.dtype)
    x, gamma, beta, mean, var = (gpu.module.asarray(getattr(given, n)) for n in ("x", "gamma", "beta", "mean", "var"))
    gpu.transfers.clear()
    gpu.launches.clear()
    y = batch_normalization.fixed_forward(x, gamma, beta, mean, var, axes, EPS)
    assert (gpu.launches, gpu.transfers) == (["batch_normalize_fixed"], [])
    assert y.dtype == x.dtype
    wide_x, wide_gamma, wide_beta, _, wide_mean, wide_var = exact(given)
    expected = reference.fixed_forward(wide_x, wide_gamma, wide_beta, wide_mean, wide_var, axes, EPS)
    scale = np.expand_dims(wide_gamma / np.sqrt(wide_var + EPS), axes)
    bound = 8 * u * abs((wide_x - np.expand_dims(wide_mean, axes)) * scale) + 2 * u * abs(expected)
    assert_within(y, expected, bound)


@pytest.mark.parametrize("dtypes", DTYPES, ids="-".join)
@pytest.mark.parametrize("shape", LAYOUTS, ids=str)
def test_it_is_the_reference(shape: tuple[int, ...], dtypes: tuple[str, str], gpu: SimulatedGpu) -> None:
    given = drawn(shape, dtypes)
    check_forward(gpu, given)
    check_backward(gpu, given)
    check_fixed(gpu, given)


@pytest.mark.parametrize("outlier", [False, True])
@pytest.mark.parametrize("shape", [(7, 2, 45, 46), (300, 3)])
def test_large_means_cost_no_digits(shape: tuple[int, ...], outlier: bool, gpu: SimulatedGpu) -> None:
    given = drawn(shape, ("float32", "float32"), offset=4096)
    given.x[0] = np.where(outlier, 0, given.x[0])  # what the deviations are from says nothing of the mean
    check_forward(gpu, given)


def test_bfloat16(gpu: SimulatedGpu) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    x, gamma, beta, *_ = (array.astype(bfloat16) for array in drawn((3, 5, 4, 6), ("float32", "float32")))
    y, *_ = batch_normalization.forward(*map(gpu.module.asarray, (x, gamma, beta)), (0, 2, 3), EPS)
    expected = reference.forward(*exact((x, gamma, beta)), (0, 2, 3), EPS)[0]
    # its rounding, and that of float32, of y itself and of what beta takes away from it
    assert y.dtype == bfloat16
    bound = abs(expected) * 2.0**-8 + 1e-5 * (abs(expected) + abs(beta.astype("d"))[:, None, None])
    assert (abs(y.get().astype("d") - expected) <= bound).all()


def test_any_alignment_and_any_order_of_elements(gpu: SimulatedGpu) -> None:
    given = drawn((3, 5, 4, 6), ("float16", "float32"))
    x, gy, gamma = (gpu.module.asarray(array) for array in (given.x, given.gy, given.gamma))
    axes = (0, 2, 3)

    def results(x: Any, gy: Any) -> list[np.ndarray]:
        y, mean, variance, inv_std = forward(gpu, x, gamma, gamma, axes)
        fixed = batch_normalization.fixed_forward(x, gamma, gamma, gamma, variance, axes, EPS)
        gradients = batch_normalization.backward(x, gamma, gy, axes, mean, inv_std)
        return [array.get() for array in (y, mean, variance, inv_std, fixed, *gradients)]

    def moved(array: Any) -> Any:
        behind = gpu.module.empty(array.size + 1, array.dtype)
        behind[1:] = array.ravel()
        return behind[1:].reshape(array.shape)

    plain, strided = results(x, gy), results(*(a.transpose(0, 1, 3, 2).copy().swapaxes(2, 3) for a in (x, gy)))
    for ours, theirs in zip(plain, strided, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(plain, results(moved(x), moved(gy)), strict=True):  # other threads add other elements
        np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=2e-3)


def test_threads_take_turns(gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "MOST_BLOCKS", 2)
    batch_normalization.plan.cache_clear()
    for shape in ((7, 2, 45, 46), (2, 3, 33, 65), (37, 45)):
        gpu.launches.clear()
        check_forward(gpu, given := drawn(shape, ("float32", "float32")))
        check_backward(gpu, given)
        check_fixed(gpu, given)
    batch_normalization.plan.cache_clear()


def test_the_order_of_threads_does_not_matter(libraries: Path) -> None:
    given = drawn((7, 2, 45, 46), ("float16", "float16"))
    bits = set()
    for order in (0, 1, 7):
        gpu = SimulatedGpu(libraries, order)
        with gpu.installed():
            x, gamma, beta, gy = map(gpu.module.asarray, given[:4])
            y, mean, variance, inv_std = forward(gpu, x, gamma, beta, (0, 2, 3))
            gradients = batch_normalization.backward(x, gamma, gy, (0, 2, 3), mean, inv_std)
            bits.add(b"".join(array.get().tobytes() for array in (y, mean, variance, inv_std, *gradients)))
    assert len(bits) == 1


@pytest.mark.parametrize(("at", "value"), [(0, np.inf), (5, -np.inf), (-1, np.nan), (0, 1e30), (-1, -1e30)])
@pytest.mark.parametrize("shape", [(7, 2, 45, 46), (300, 3)])
def test_what_is_no_number(shape: tuple[int, ...], at: int, value: float, gpu: SimulatedGpu) -> None:
    axes, (x, gamma, beta, gy, *_) = LAYOUTS[shape], drawn(shape, ("float32", "float32"))
    x[at, 1], gy[at, 0] = value, value  # the other channels stay as they are
    results = forward(gpu, *map(gpu.module.asarray, (x, gamma, beta)), axes)
    expected = statistics(x, gamma, beta, axes)
    given = [gpu.module.asarray(array) for array in (x, gamma, gy, expected[1], expected[3])]
    results += batch_normalization.backward(*given[:3], axes, *given[3:])
    expected += reference.backward(x, gamma, gy, axes, expected[1], expected[3])
    for ours, theirs in zip(results, expected, strict=True):
        for ask in (np.isnan, np.isposinf, np.isneginf):
            np.testing.assert_array_equal(ask(ours.get()), ask(theirs))


def test_what_is_the_references(gpu: SimulatedGpu) -> None:
    def ones(shape: tuple[int, ...], dtype: str) -> Any:
        return gpu.module.asarray(np.ones(shape, dtype))

    x, weights = ones((2, 3, 4), "float32"), ones((3,), "float32")
    for bad in (ones((3,), "float64"), ones((3,), "int32")):
        with pytest.raises(DeclinedError, match="float64|int32"):
            batch_normalization.forward(x, bad, weights, (0, 2), EPS)
    with pytest.raises(DeclinedError, match="over"):
        batch_normalization.forward(x, ones((2, 4), "float32"), ones((2, 4), "float32"), (1,), EPS)
    with pytest.raises(DeclinedError, match="elements"):
        batch_normalization.forward(ones((0, 3), "float32"), weights, weights, (0,), EPS)
    with pytest.raises(DeclinedError, match="statistics of float32"):
        batch_normalization.backward(x, weights, x, (0, 2), weights, ones((3,), "float64"))
    with pytest.raises(DeclinedError, match="one dtype"):
        batch_normalization.backward(x, weights, ones((2, 3, 4), "float16"), (0, 2), weights, weights)
    assert not gpu.launches


def test_weights_of_another_type(gpu: SimulatedGpu) -> None:
    """They are converted, and their gradients are of their type."""
    x, gamma, beta, gy, *_ = drawn((4, 6, 10), ("float32", "float16"))
    given = [gpu.module.asarray(array) for array in (x, gamma, beta, gy)]
    y, mean, inv_std = batch_normalization.forward(*given[:3], (0, 2), EPS)
    _, ggamma, gbeta = batch_normalization.backward(given[0], given[1], given[3], (0, 2), mean, inv_std)
    assert (y.dtype, ggamma.dtype, gbeta.dtype) == ("float32", "float16", "float16")
    np.testing.assert_allclose(y.get(), reference.forward(x, gamma, beta, (0, 2), EPS)[0], rtol=1e-4, atol=1e-4)
