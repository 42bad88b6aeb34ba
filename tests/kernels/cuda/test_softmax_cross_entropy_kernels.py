"""The CUDA kernels of softmax cross entropy, run on the simulated GPU, against an oracle in extended precision."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from kernels_rounding import LONG, computing_unit, error, gamma
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.backend import compute_dtype
from dwbridge.configuration import using_config
from dwbridge.kernels import kernels_for
from dwbridge.kernels.cuda import softmax_cross_entropy as cuda
from dwbridge.kernels.cuda.arrays import kind
from dwbridge.kernels.cuda.launch import is_aligned, run
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import softmax_cross_entropy as reference

DTYPES = ("float32", "float64", "float16")
#: lanes for a row, or slices of columns -> shapes that lead there
ROWS = {
    4: [(1, 1), (5, 3), (40, 10), (33, 16), (3, 2, 1)],
    32: [(1, 33), (5, 100), (3, 256)],
    256: [(1, 257), (2, 2056), (1, 5001, 1, 1)],
}
COLUMNS = {
    1: [(2, 7, 3), (1, 1, 2), (3, 10, 4, 4), (9, 5, 70)],
    8: [(3, 64, 5), (1, 69, 2, 65)],
    32: [(1, 256, 9), (2, 261, 7)],
}
SHAPES = [shape for shapes in (*ROWS.values(), *COLUMNS.values()) for shape in shapes]

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture
def packs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Few columns are many: threads take packs of them."""
    monkeypatch.setattr(cuda, "ENOUGH", 1)
    cuda.plan.cache_clear()
    yield
    cuda.plan.cache_clear()


def drawn(shape: tuple[int, ...], dtype: Any, spread: float = 5, label: str = "int32") -> Arrays:
    rng, labels = np.random.default_rng(SEED), (shape[0], *shape[2:])
    x = (spread * rng.normal(size=shape)).astype(dtype)
    weights = rng.uniform(-1, 2, labels).astype(compute_dtype(x.dtype))
    return x, rng.integers(0, shape[1], labels).astype(label), weights


def computed(gpu: SimulatedGpu, *given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The losses and gx."""
    on_gpu = [gpu.module.asarray(array) for array in given]
    gpu.transfers.clear()
    losses, gx = cuda.forward(*on_gpu), cuda.backward(*on_gpu)
    assert not gpu.transfers
    return losses.get(), gx.get()


def constants(x: np.ndarray, t: np.ndarray) -> dict[str, str]:
    return dict(cuda.plan(x.shape, kind(x.dtype), t.dtype).forward.instance.defines)


def steps(x: np.ndarray, t: np.ndarray) -> int:
    """Additions on the way of one exponential into the sum: a thread's own, and those of partitions."""
    chosen = constants(x, t)
    threads, pack = int(chosen.get("LANES", chosen.get("SLICES", 1))), int(chosen["V"]) if "LANES" in chosen else 1
    return -(-x.shape[1] // (threads * pack)) * pack + 5 + max(1, threads // 32)


def errors(
    losses: np.ndarray, gx: np.ndarray, x: np.ndarray, t: np.ndarray, weights: np.ndarray
) -> tuple[float, float]:
    """Errors of the losses and of gx, in units of their bounds.

    An exponential is off by two units in the last place, 4 u, and by its argument's rounding, u |x - peak|: on the way
    through lower peaks these add up to no more. A step into the sum is an exponential, a product and a sum.
    """
    u, at_label = computing_unit(x.dtype), t[:, None].astype(np.int64)
    wide = LONG(x)
    off = wide - wide.max(axis=1, keepdims=True)
    total = np.exp(off).sum(axis=1, keepdims=True)
    p = np.exp(off) / total
    each = 4 * u + 2 * u * np.abs(off)
    sums = (p * each).sum(axis=1, keepdims=True) + gamma(6 * steps(x, t), u)
    off_label = np.take_along_axis(off, at_label, 1)
    w = LONG(weights)[:, None]
    loss, expected = (np.log(total) - off_label) * w, p * w
    loss_bound = np.abs(w) * (sums + 4 * u * (np.log(total) + np.abs(off_label)))
    bound = np.abs(w) * (p * (each + sums + 5 * u) + 2 * float(np.finfo(weights.dtype).tiny))
    np.put_along_axis(expected, at_label, np.take_along_axis(expected, at_label, 1) - w, 1)
    bound += u * np.abs(expected)
    return error(losses, loss[:, 0], loss_bound[:, 0]), error(gx, expected, bound)


def assert_right(gpu: SimulatedGpu, *given: np.ndarray) -> None:
    losses, gx = computed(gpu, *given)
    assert (losses.dtype, losses.shape, gx.dtype, gx.shape) == (
        given[2].dtype, given[1].shape, given[0].dtype, given[0].shape,
    )  # fmt: skip
    assert max(errors(losses, gx, *given)) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_errors_are_those_of_rounding(shape: tuple[int, ...], dtype: str, gpu: SimulatedGpu) -> None:
    for spread, label in ((0.01, "int32"), (5, "int64"), (1000, "int32")):
        assert_right(gpu, *drawn(shape, dtype, spread, label))
    place = "row" if np.prod(shape[2:]) == 1 else "column"
    assert gpu.launches == 3 * [f"softmax_{place}_losses", f"softmax_{place}_gradients"]


@pytest.mark.parametrize(("constant", "layouts"), [("LANES", ROWS), ("SLICES", COLUMNS)])
def test_the_shapes_lead_to_every_kernel(constant: str, layouts: dict[int, list[tuple[int, ...]]]) -> None:
    for number, shapes in layouts.items():
        for shape in shapes:
            assert constants(*drawn(shape, "float64")[:2])[constant] == str(number)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.usefixtures("packs")
def test_packs_of_columns(dtype: str, gpu: SimulatedGpu) -> None:
    for shape in ((17, 9, 16), (3, 6, 4, 24), (300, 1, 8)):
        given = drawn(shape, dtype)
        assert constants(*given[:2])["V"] == {"float32": "4", "float64": "2", "float16": "8"}[dtype]
        assert_right(gpu, *given)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.usefixtures("packs")
def test_any_alignment_gives_the_same_bits(dtype: str, gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    def aligned_run(launch: Any, y: Any, x: Any, *args: Any) -> None:
        """A GPU refuses packs that are not aligned, this machine does not."""
        assert dict(launch.instance.defines)["V"] == "1" or is_aligned(y, x)
        run(launch, y, x, *args)

    monkeypatch.setattr(cuda, "run", aligned_run)
    for shape in ((3, 64), (3, 21), (2, 1032), (16, 3, 16), (4, 256, 3)):
        x, t, weights = drawn(shape, dtype)
        expected = computed(gpu, x, t, weights)
        for begin in (1, 3):
            longer = np.concatenate([np.full(begin, np.nan, dtype), x.reshape(-1)])
            place = gpu.module.asarray(longer)[begin:].reshape(shape)
            others = gpu.module.asarray(t), gpu.module.asarray(weights)
            np.testing.assert_array_equal(cuda.forward(place, *others).get(), expected[0])
            np.testing.assert_array_equal(cuda.backward(place, *others).get(), expected[1])


def test_the_order_of_threads_changes_nothing(gpu: SimulatedGpu) -> None:
    for dtype, shape in itertools.product(
        DTYPES, [(40, 10), (3, 256), (2, 2056), (3, 10, 4, 4), (3, 64, 5), (2, 261, 7)]
    ):
        given, bits = drawn(shape, dtype), set()
        for gpu.order in (0, 1, 7, 11):
            bits.add(tuple(array.tobytes() for array in computed(gpu, *given)))
        assert len(bits) == 1


def test_arrays_that_are_not_in_row_order(gpu: SimulatedGpu) -> None:
    for shape in ((6, 40), (4, 6, 5)):
        x, t, weights = drawn(shape, "float32")
        turned = [gpu.module.asarray(array.T.copy()).T for array in (x, t, weights)]
        np.testing.assert_array_equal(cuda.forward(*turned).get(), computed(gpu, x, t, weights)[0])
        np.testing.assert_array_equal(cuda.backward(*turned).get(), computed(gpu, x, t, weights)[1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_not_finite_passes_as_in_the_reference(dtype: str, gpu: SimulatedGpu) -> None:
    for shape in ((4, 5), (2, 40), (2, 520), (2, 7, 3), (1, 64, 4), (1, 256, 3)):
        x, t, weights = drawn(shape, dtype)
        halves = x.copy()
        halves[:, : shape[1] // 2] = -np.inf  # what is masked comes first
        same_kinds(gpu, halves, t, weights)
        for value in (np.nan, np.inf, -np.inf):
            for place in (0, x.size // 2, x.size - 1):
                poisoned = x.copy()
                poisoned.reshape(-1)[place] = value
                same_kinds(gpu, poisoned, t, weights)
            same_kinds(gpu, poisoned, t, 0 * weights)
            at_labels = x.copy()
            np.put_along_axis(at_labels, t[:, None].astype(np.int64), x.dtype.type(value), 1)
            same_kinds(gpu, at_labels, t, weights)
            whole = x.copy()
            whole[0] = value
            same_kinds(gpu, whole, t, weights)
            shares = weights.copy()
            shares.reshape(-1)[-1] = value
            same_kinds(gpu, x, t, shares)


def same_kinds(gpu: SimulatedGpu, *given: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        expected = reference.forward(*given), reference.backward(*given)
    for ours, theirs in zip(computed(gpu, *given), expected, strict=True):
        for ask in (np.isnan, np.isposinf, np.isneginf):
            np.testing.assert_array_equal(ask(ours), ask(theirs))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_ends_of_the_numbers(dtype: str, gpu: SimulatedGpu) -> None:
    most = float(np.finfo(dtype).max)
    x = np.array([[most, -most, 0], [-most, -most, -most], [most, most, most], [0, 1, -most]], dtype)
    t, weights = np.array([0, 1, 2, 1], np.int32), np.ones(4, compute_dtype(x.dtype))
    for scores in (x, np.repeat(x[..., None], 2, axis=2)):
        labels, ones = (a if scores.ndim == 2 else np.repeat(a[:, None], 2, axis=1) for a in (t, weights))
        losses, gx = computed(gpu, scores, labels, ones)
        expected = np.array([0, np.log(3), np.log(3), np.log1p(np.exp(-1))])
        np.testing.assert_allclose(losses.reshape(4, -1), expected[:, None] * np.ones(losses[0].size), rtol=1e-6)
        np.testing.assert_allclose(gx[0], 0 * gx[0])


@pytest.mark.parametrize("label", ["int32", "int64"])
def test_a_label_that_is_no_class_reads_nothing_and_spares_the_others(label: str, gpu: SimulatedGpu) -> None:
    for shape in ((4, 6), (2, 300), (3, 4, 5)):
        x, t, weights = drawn(shape, "float32", label=label)
        losses, gx = computed(gpu, x, t, weights)
        bad = t.copy()
        ends = (-1, shape[1], *((2**31 - 1, -(2**31)) if label == "int32" else (2**32, 2**62, -(2**63))))
        for value in ends:
            bad.reshape(-1)[1] = value
            found, gradients = computed(gpu, x, bad, weights)
            assert np.flatnonzero(found != losses).tolist() == [1]
            assert np.isnan(found.reshape(-1)[1])
            rows, others = (np.moveaxis(array, 1, -1).reshape(-1, shape[1]) for array in (gradients, gx))
            np.testing.assert_array_equal(np.delete(rows, 1, axis=0), np.delete(others, 1, axis=0))


def test_labels_are_looked_at_while_debugging(gpu: SimulatedGpu) -> None:
    x, t, weights = drawn((4, 3), "float32")
    for value in (3, -1):
        t[2] = value
        given = [gpu.module.asarray(array) for array in (x, t, weights)]
        with using_config("debug", True), pytest.raises(IndexError, match=r"labels must be in 0 .. 2, got"):
            cuda.forward(*given)
        cuda.forward(*given)


def test_nothing_gives_nothing(gpu: SimulatedGpu) -> None:
    for shape in ((0, 4), (0, 4, 3), (3, 4, 0), (0, 1)):
        x, t, weights = (gpu.module.asarray(array) for array in drawn(shape, "float16"))
        losses, gx = cuda.forward(x, t, weights), cuda.backward(x, t, weights)
        assert (losses.shape, losses.dtype, gx.shape, gx.dtype) == (t.shape, np.float32, shape, np.float16)
    assert not gpu.launches


def test_what_is_declined(gpu: SimulatedGpu) -> None:
    x, t, weights = (gpu.module.asarray(array) for array in drawn((4, 5), "float32"))
    none = gpu.module.asarray(np.zeros((4, 0), np.float32))
    given: list[tuple[Any, Any, Any]] = [
        (x, t.astype("int8"), weights),
        (x, t, weights.astype("float64")),
        (x.astype("int32"), t, weights),
        (none, t, weights),
    ]
    for arrays, routine in itertools.product(given, (cuda.forward, cuda.backward)):
        with pytest.raises(DeclinedError):
            routine(*arrays)
    assert kernels_for("softmax_cross_entropy", x).forward(*given[0]).dtype == np.float32
    assert not gpu.launches


@pytest.mark.parametrize("shape", [(2**31, 2), (2, 2**31), (2**16, 2, 2**15), (1, 2**31, 2)])
def test_what_32_bits_do_not_count_is_declined(shape: tuple[int, ...]) -> None:
    with pytest.raises(DeclinedError, match="32 bits"):
        cuda.plan(shape, kind(np.dtype("float32")), np.dtype("int32"))


def test_bfloat16(gpu: SimulatedGpu) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    for shape in ((5, 64), (2, 7, 3)):
        x, t, weights = drawn(shape, "float32")
        x = x.astype(bfloat16)
        losses, gx = computed(gpu, x, t, weights)
        wide = [array.astype(np.float64) for array in (x, weights)]
        np.testing.assert_allclose(losses, reference.forward(wide[0], t, wide[1]), rtol=1e-5, atol=1e-5)
        expected = reference.backward(wide[0], t, wide[1])
        np.testing.assert_allclose(gx.astype(np.float64), expected, rtol=2.0**-8, atol=1e-6)


def test_every_instance_is_there() -> None:
    """Those that shapes lead to are among those that are compiled for every chip."""
    every = set(cuda.instances())
    assert len(every) == len(list(cuda.instances()))
    shapes = [*SHAPES, (1 << 20, 8), (8, 21, 512, 512), (64, 1000), (16, 32000), (1 << 19, 64, 2), (1 << 16, 8, 8)]
    for dtype, shape in itertools.product((*DTYPES,), shapes):
        planned = cuda.plan(shape, kind(np.dtype(dtype)), np.dtype("int32"))
        assert {planned.forward.instance, planned.backward.instance} <= every
