"""The CUDA kernels of sums and of their transpose, run on the simulated GPU, against the reference."""

import inspect
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernels_rounding import computing_unit, gamma
from seed import SEED
from simulated_gpu import SimulatedGpu
from simulated_gpu.sources import can_compile

from dwbridge import functions as F
from dwbridge.backend import compute_dtype
from dwbridge.kernels import kernels_for
from dwbridge.kernels.cuda import reductions
from dwbridge.kernels.cuda.launch import is_aligned, run
from dwbridge.kernels.cuda.plan import elements, sums
from dwbridge.kernels.cuda.plan.launches import Launch
from dwbridge.kernels.cuda.plan.levels import COUNTED, Levels, levels_of
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import reductions as reference

DTYPES = ("float32", "float64", "float16")
ROWS, COLUMNS = "sum_rows", "sum_columns"

#: shape, axes that are summed, the kernels for float32
SUMS: list[tuple[tuple[int, ...], tuple[int, ...], list[str]]] = [
    ((1000,), (0,), [ROWS]),
    ((5000, 3), (0, 1), [ROWS, ROWS]),
    ((40000,), (0,), [ROWS, ROWS]),
    ((3, 5, 7, 7), (2, 3), [ROWS]),
    ((3, 50, 8, 8), (2, 3), [ROWS]),
    ((2, 9001), (1,), [ROWS, ROWS]),
    ((70, 2), (1,), [ROWS]),
    ((300, 1, 16), (1, 2), [ROWS]),
    ((6, 5, 7, 7), (0, 2, 3), [ROWS]),
    ((9, 3, 16, 24), (0, 2, 3), [ROWS]),
    ((700, 2, 5, 3), (0, 2, 3), [ROWS, ROWS]),
    ((40, 2, 20, 20), (0, 2, 3), [ROWS, ROWS]),
    ((3, 5, 4, 8), (1, 3), [ROWS]),
    ((2, 3, 5, 9, 3, 1), (1, 2, 4), [ROWS]),
    ((65, 40), (0,), [COLUMNS]),
    ((3000, 10), (0,), [COLUMNS, COLUMNS]),
    ((2100, 3, 16), (0,), [COLUMNS, COLUMNS]),
    ((2, 3000), (0,), [COLUMNS]),
    ((3, 11, 13), (1,), [COLUMNS]),
    ((300, 4, 3), (1,), [COLUMNS]),
    ((7, 5, 4, 8, 1), (1, 2, 4), [COLUMNS]),
    ((2, 2500, 2, 8), (1,), [COLUMNS, COLUMNS]),
]

#: shape, shape that it broadcasts to, the kernel for float32
SPREADS: list[tuple[tuple[int, ...], tuple[int, ...], str]] = [
    ((), (7, 11), "spread_runs"),
    ((1,), (3,), "spread_runs"),
    ((3, 5, 1, 1), (3, 5, 7, 7), "spread_runs"),
    ((3, 5, 1, 1), (3, 5, 4, 8), "spread_runs"),
    ((1, 5, 1, 1), (6, 5, 7, 3), "spread_runs"),
    ((5, 1), (2, 5, 1), "spread_runs"),
    ((8,), (9, 8), "spread_rows"),
    ((7, 9), (5, 7, 9), "spread_runs"),
    ((3, 1, 16), (3, 5, 16), "spread_rows"),
    ((3, 1, 15), (3, 5, 15), "spread_runs"),
    ((3, 1, 4, 1), (3, 5, 4, 6), "spread_runs"),
]


def drawn(shape: Any, dtype: Any) -> np.ndarray:
    return np.random.default_rng(SEED).normal(size=shape).astype(dtype)


def integers(shape: Any, dtype: Any) -> np.ndarray:
    """So small that every sum of them is exact: an element that is left out, or taken twice, shows."""
    return np.random.default_rng(SEED).integers(-8, 9, shape).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "axes", "kernels"), SUMS, ids=str)
def test_every_term_is_summed_once(
    shape: tuple[int, ...], axes: tuple[int, ...], kernels: list[str], dtype: str, gpu: SimulatedGpu
) -> None:
    values = integers(shape, dtype)
    x = gpu.module.asarray(values)
    gpu.transfers.clear()
    total = reductions.sum_over(x, axes)
    assert set(gpu.launches) == set(kernels)
    assert gpu.launches == kernels or dtype != "float32"
    assert not gpu.transfers
    expected = reference.sum_over(values, axes)
    assert (total.dtype, total.shape) == (compute_dtype(dtype), expected.shape)
    np.testing.assert_array_equal(total.get(), expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "axes"), [case[:2] for case in SUMS], ids=str)
def test_sums_stay_within_the_rounding_bound(
    shape: tuple[int, ...], axes: tuple[int, ...], dtype: str, gpu: SimulatedGpu
) -> None:
    values = drawn(shape, dtype)
    total = reductions.sum_over(gpu.module.asarray(values), axes).get()
    exact, size = (a.astype(np.longdouble).sum(axis=axes) for a in (values, abs(values)))
    assert (
        abs(total - exact) <= gamma(additions(levels_of(shape, axes), dtype), computing_unit(values.dtype)) * size
    ).all()


def additions(levels: Levels, dtype: str) -> int:
    """The most that a term goes through: those of its thread, of the lanes or strands, and of each stage."""
    count = 0
    for stage in sums.stages(levels, dtype, True):
        *_, length, together = map(int, stage.launch.numbers[1:])
        beside = together if stage.launch.kernel == ROWS else sums.THREADS // together
        count += -(-length // beside) + 3 + beside.bit_length()
    return count


@pytest.mark.parametrize("begin", [1, 2, 4])
def test_any_alignment(begin: int, gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    def aligned_run(launch: Launch, y: Any, x: Any) -> None:
        """A GPU refuses packs that are not aligned, this machine does not."""
        scalars = launch.kernel == "spread_runs" or ("V", "1") in launch.instance.defines
        assert is_aligned(y) and (scalars or is_aligned(x))
        run(launch, y, x)

    monkeypatch.setattr(reductions, "run", aligned_run)
    for dtype, (shape, axes) in itertools.product(DTYPES, (((3, 4, 16), (0, 2)), ((9, 24), (0,)), ((3, 64), (1,)))):
        values = integers(begin + int(np.prod(shape)), dtype)
        x = gpu.module.asarray(values)[begin:].reshape(shape)
        expected = reference.sum_over(values[begin:].reshape(shape), axes)
        np.testing.assert_array_equal(reductions.sum_over(x, axes).get(), expected)
        to = (5, *shape)
        np.testing.assert_array_equal(reductions.spread(x, to).get(), reference.spread(x.get(), to))


@pytest.mark.parametrize("length", [2, 3, 5, 8, 15, 16, 17, 31, 33, 64, 65, 127, 129, 1025])
def test_any_length(length: int, gpu: SimulatedGpu) -> None:
    for shape, axes in (((3, length), (1,)), ((length, 3), (0,)), ((length, 2, 3), (0, 2)), ((2, 3, length), (0, 2))):
        values = integers(shape, "float32")
        total = reductions.sum_over(gpu.module.asarray(values), axes)
        np.testing.assert_array_equal(total.get(), reference.sum_over(values, axes))


@pytest.mark.parametrize(
    ("shape", "axes"), [((4099,), (0,)), ((90, 3, 35), (0, 2)), ((977, 3), (0,)), ((3, 1000), (1,))]
)
def test_many_slices(
    shape: tuple[int, ...], axes: tuple[int, ...], gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "WORTHWHILE", 2)
    sums.stages.cache_clear()
    values = integers(shape, "float32")
    total = reductions.sum_over(gpu.module.asarray(values), axes)
    assert len(gpu.launches) == 2
    np.testing.assert_array_equal(total.get(), reference.sum_over(values, axes))
    sums.stages.cache_clear()


def test_what_does_not_lie_in_row_order_is_copied(gpu: SimulatedGpu) -> None:
    values = integers((6, 7, 8), "float32")
    x = gpu.module.asarray(values)
    for axes in ((0,), (0, 2), (2,)):
        total = reductions.sum_over(x.T[:, ::-1], axes)
        np.testing.assert_array_equal(total.get(), reference.sum_over(values.T[:, ::-1], axes))
    np.testing.assert_array_equal(reductions.spread(x.T, (2, 8, 7, 6)).get(), reference.spread(values.T, (2, 8, 7, 6)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("shape", "axes"), [((3, 100), (1,)), ((70, 3), (0,)), ((9, 3, 8), (0, 2))])
def test_what_is_not_finite_reaches_its_sum_alone(
    value: float, shape: tuple[int, ...], axes: tuple[int, ...], gpu: SimulatedGpu
) -> None:
    values = np.zeros(shape, np.float16)
    kept = next(axis for axis in range(len(shape)) if axis not in axes)
    for place in (0, shape[axes[0]] // 2, -1):
        values[...] = 0
        np.moveaxis(values, kept, 0)[(1, place, *[0] * (len(shape) - 2))] = value
        total = reductions.sum_over(gpu.module.asarray(values), axes)
        np.testing.assert_array_equal(total.get(), [0, value, 0])
    values[...] = 0
    values[0, 0], values[-1, -1] = np.inf, -np.inf
    whole = reductions.sum_over(gpu.module.asarray(values), tuple(range(len(shape))))
    assert np.isnan(whole.get())


def test_sums_beyond_float16_and_zeros(gpu: SimulatedGpu) -> None:
    halves = gpu.module.asarray(np.full((2, 64), 60000, np.float16))
    assert reductions.sum_over(halves, (1,)).get().tolist() == [60000 * 64] * 2
    assert reductions.sum_over(halves, (0,)).get().tolist() == [120000] * 64


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "to", "kernel"), SPREADS, ids=str)
def test_spreading_is_the_reference(
    shape: tuple[int, ...], to: tuple[int, ...], kernel: str, dtype: str, gpu: SimulatedGpu
) -> None:
    values = np.array(drawn(shape, dtype))
    values.reshape(-1)[-1] = np.nan
    x = gpu.module.asarray(values)
    gpu.transfers.clear()
    y = reductions.spread(x, to)
    assert gpu.launches == [kernel]
    assert not gpu.transfers
    assert (y.dtype, y.shape) == (x.dtype, to)
    np.testing.assert_array_equal(y.get(), reference.spread(values, to))


def test_threads_take_turns(gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "MOST_BLOCKS", 2)
    reductions._spread.cache_clear()
    for shape, to in (((3, 1), (3, 1501)), ((8,), (700, 8))):
        x = drawn(shape, "float32")
        np.testing.assert_array_equal(reductions.spread(gpu.module.asarray(x), to).get(), reference.spread(x, to))
    reductions._spread.cache_clear()


def test_bfloat16_is_summed_in_float32(gpu: SimulatedGpu) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    values = integers((5, 6, 16), bfloat16)
    x = gpu.module.asarray(values)
    for axes in ((0,), (0, 2), (2,)):
        total = reductions.sum_over(x, axes)
        assert total.dtype == np.float32
        np.testing.assert_array_equal(total.get(), values.astype(np.float32).sum(axis=axes))
    np.testing.assert_array_equal(reductions.spread(x, (3, 5, 6, 16)).get(), reference.spread(values, (3, 5, 6, 16)))


@pytest.mark.parametrize(("shape", "axes"), [((3000, 7), (0,)), ((2, 9001), (1,)), ((700, 2, 5, 3), (0, 2, 3))])
def test_the_order_of_threads_changes_no_bit(shape: tuple[int, ...], axes: tuple[int, ...], libraries: Path) -> None:
    if not can_compile():
        pytest.skip("g++ is not installed")
    values, results = drawn(shape, "float32"), set()
    for order in (0, 1, 2, 3):
        gpu = SimulatedGpu(libraries, order)
        with gpu.installed():
            results.add(reductions.sum_over(gpu.module.asarray(values), axes).get().tobytes())
    assert len(results) == 1


def test_what_is_left_to_the_reference(gpu: SimulatedGpu) -> None:
    x = gpu.module.asarray(np.ones((3, 4, 5, 2, 1), np.float32))
    empty = gpu.module.asarray(np.ones((3, 0), np.float32))
    for array, axes in ((x, ()), (x, (4,)), (x, (0, 2)), (empty, (0,)), (empty, (1,)), (x.astype(int), (0,))):
        with pytest.raises(DeclinedError):
            reductions.sum_over(array, axes)
        total = kernels_for("reductions", array).sum_over(array, axes)
        np.testing.assert_array_equal(total.get(), reference.sum_over(array.get(), axes))
    for array, shape in ((x, x.shape), (empty, (2, 3, 0)), (x.astype(int), (2, *x.shape))):
        with pytest.raises(DeclinedError):
            reductions.spread(array, shape)
        y = kernels_for("reductions", array).spread(array, shape)
        np.testing.assert_array_equal(y.get(), reference.spread(array.get(), shape))
    for shape in ((3, 4), (3, 4, 5, 3, 1)):
        with pytest.raises(DeclinedError, match="broadcast"):
            reductions.spread(x, shape)
    assert not gpu.launches


def test_what_32_bits_do_not_count_is_declined() -> None:
    assert levels_of((COUNTED // 4, 1, 3), (0,)) == Levels(1, COUNTED // 4, 3, 1)
    with pytest.raises(DeclinedError):
        levels_of((COUNTED // 4, 4), (0,))


def test_functions_take_them(gpu: SimulatedGpu) -> None:
    values = integers((2, 3, 8, 8), "float32")
    x = gpu.module.asarray(values)
    np.testing.assert_array_equal(F.sum(x, axis=(0, 2, 3)).array.get(), values.sum(axis=(0, 2, 3)))
    np.testing.assert_array_equal(F.broadcast_to(x[:1], x.shape).array.get(), np.broadcast_to(values[:1], x.shape))
    assert gpu.launches == ["sum_rows", "spread_rows"]


def test_every_routine_is_there() -> None:
    for name in ("sum_over", "spread"):
        assert inspect.signature(getattr(reductions, name)) == inspect.signature(getattr(reference, name))
