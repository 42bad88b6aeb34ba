"""The CUDA kernels of optimizers' steps, run on the simulated GPU: the reference's, bit for bit."""

import inspect
from typing import Any

import numpy as np
import pytest
from optimizer_steps import UPDATES, assert_same_bits, steps
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.kernels import kernels_for
from dwbridge.kernels.cuda import optimizer_updates as updates
from dwbridge.kernels.cuda.plan import updates as plan
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import optimizer_updates as reference

DTYPES = ("float32", "float64", "float16")
KERNEL = "optimizer_update"

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def drawn(count: int, shape: Any, dtype: Any) -> list[np.ndarray]:
    rng = np.random.default_rng(SEED)
    return [rng.normal(size=shape).astype(dtype) for _ in range(count)]


def sent(arrays: list[np.ndarray], gpu: SimulatedGpu) -> list[Any]:
    there = [gpu.module.asarray(array) for array in arrays]
    gpu.transfers.clear()
    return there


def fetched(arrays: list[Any]) -> list[np.ndarray]:
    return [array.get() for array in arrays]


def test_every_routine_is_there_and_compared() -> None:
    names = {name for name, value in vars(reference).items() if inspect.isfunction(value)}
    names -= {"compute_dtype", "get_array_module"}
    assert names == {name for name, _, _ in UPDATES} | {"weight_decay", "together"}
    for name in names:
        assert inspect.signature(getattr(updates, name)) == inspect.signature(getattr(reference, name))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("update", UPDATES, ids=str)
def test_bits_are_the_references(update: Any, dtype: str, gpu: SimulatedGpu) -> None:
    arrays = drawn(5, (7, 11, 13), dtype)
    x, *gradients = sent(arrays, gpu)
    found = steps(updates, update, x, gradients)
    assert gpu.launches == [KERNEL] * 4
    assert not gpu.transfers
    assert_same_bits(fetched(found), steps(reference, update, arrays[0], arrays[1:]))
    assert_same_bits(fetched(gradients), arrays[1:])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("update", UPDATES, ids=str)
def test_the_ends_of_the_numbers(update: Any, dtype: str, gpu: SimulatedGpu) -> None:
    """Each with each, as a parameter, and as the gradients of three steps.

    In float32 the smallest one is such that no step comes upon numbers below the smallest normal one, which are zero.
    """
    kind = np.finfo(dtype)
    smallest = 1e-25 if dtype == "float32" else kind.smallest_subnormal
    special = [np.nan, np.inf, -np.inf, 0.0, -0.0, smallest, kind.max, -kind.max, 1.0, -0.3, 1e-5, 200]
    x, *gradients = (g.reshape(-1) for g in np.meshgrid(*[np.array(special, dtype)] * 3))
    gradients.append(gradients[0][::-1].copy())
    found = steps(updates, update, *_split(sent([x, *gradients], gpu)))
    assert_same_bits(fetched(found), steps(reference, update, x, gradients))


def _split(arrays: list[Any]) -> tuple[Any, list[Any]]:
    return arrays[0], arrays[1:]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 31, 2049])
@pytest.mark.parametrize("begin", [0, 1, 4])
def test_any_size_and_any_alignment(size: int, begin: int, gpu: SimulatedGpu) -> None:
    """What lies beside the parameter and its states stays as it was."""
    for dtype in DTYPES:
        there, here = (drawn(3, begin + size + 3, dtype) for _ in range(2))
        on_gpu = sent(there, gpu)
        for module, arrays in ((updates, on_gpu), (reference, here)):
            module.momentum_sgd(*(array[begin : begin + size] for array in arrays), 0.1, 0.9)
        assert_same_bits(fetched(on_gpu), here)


@pytest.mark.parametrize("odd", [0, 1, 2, 3])
def test_one_array_that_is_not_aligned(odd: int, gpu: SimulatedGpu) -> None:
    arrays = [np.concatenate([array, array[:1]]) for array in drawn(4, 37, "float32")]
    places = [slice(1, 38) if i == odd else slice(0, 37) for i in range(4)]
    on_gpu = sent(arrays, gpu)
    for module, given in ((updates, on_gpu), (reference, arrays)):
        module.ada_delta(*(array[place] for array, place in zip(given, places, strict=True)), 0.95, 1e-6)
    assert_same_bits(fetched(on_gpu), arrays)


def test_blocks_of_one_parameter(gpu: SimulatedGpu) -> None:
    for size in (2 * plan.chunk("float32"), 2 * plan.chunk("float32") + 5):
        for begin in (0, 1):
            x, g = drawn(2, size + 1, "float32")
            on_gpu = sent([x, g], gpu)
            updates.sgd(*(array[begin : begin + size] for array in on_gpu), 0.1)
            reference.sgd(x[begin : begin + size], g[begin : begin + size], 0.1)
            assert_same_bits(fetched(on_gpu), [x, g])


@pytest.mark.parametrize("update", UPDATES, ids=str)
def test_nothing_and_a_number_without_axes(update: Any, gpu: SimulatedGpu) -> None:
    for shape in ((0,), (3, 0, 2)):
        empty = gpu.module.asarray(np.zeros(shape, np.float32))
        assert all(array.shape == shape for array in steps(updates, update, empty, [empty]))
    assert not gpu.launches
    x, g = (np.array(value, np.float32) for value in (2.0, -0.5))
    found = steps(updates, update, *_split(sent([x, g], gpu)))
    assert_same_bits(fetched(found), steps(reference, update, x, [g]))


@pytest.mark.parametrize("update", UPDATES, ids=str)
def test_gradients_of_any_layout_are_not_touched(update: Any, gpu: SimulatedGpu) -> None:
    x, rows, columns = *drawn(2, (6, 5), "float32"), *drawn(1, (5, 6), "float32")
    there = sent([x, rows, columns], gpu)

    def gradients(rows: Any, columns: Any, xp: Any) -> list[Any]:
        return [rows[::-1], columns.T[:, ::-1], xp.broadcast_to(rows[:1, :1], (6, 5))]

    found = steps(updates, update, there[0], gradients(*there[1:], gpu.module))
    assert_same_bits(fetched(found), steps(reference, update, x, gradients(rows, columns, np)))
    assert_same_bits(fetched(there), [x, rows, columns])


@pytest.mark.parametrize("dtype", DTYPES)
def test_weight_decay_changes_the_gradient_alone(dtype: str, gpu: SimulatedGpu) -> None:
    for x, g in (drawn(2, (5, 41), dtype), drawn(2, (), dtype), drawn(2, (0, 3), dtype)):
        x, g = map(np.array, (x, g))
        there = sent([x, g], gpu)
        updates.weight_decay(*there, 0.3)
        reference.weight_decay(x, g, 0.3)
        assert_same_bits(fetched(there), [x, g])
    (x,), (g,) = drawn(1, (6, 5), dtype), drawn(1, (5, 6), dtype)
    there = sent([x, g], gpu)
    updates.weight_decay(there[0].T, there[1], 0.3)
    reference.weight_decay(x.T, g, 0.3)
    assert_same_bits(fetched(there), [x, g])
    with pytest.raises(DeclinedError, match="row order"):
        updates.weight_decay(there[0], there[1].T, 0.3)


@pytest.mark.parametrize(
    "kind", ["integers", "gradient of another dtype", "state of another dtype", "turned", "broadcast"]
)
def test_what_is_declined_is_the_references(kind: str, gpu: SimulatedGpu) -> None:
    """In dtype, in layout and in shape; nothing is changed before."""
    x, g, v = drawn(3, (6, 5), "float32")
    if kind == "integers":
        x, g, v = (array.astype(np.int32) for array in (x, g, v))
    if kind == "gradient of another dtype":
        g = g.astype(np.float64)
    if kind == "state of another dtype":
        v = v.astype(np.float64)
    if kind == "broadcast":
        g = g[:1]
    if kind == "turned":
        x = np.asfortranarray(x)
    there = sent([x, g, v], gpu)
    there[0] = there[0].T.copy().T if kind == "turned" else there[0]
    with pytest.raises(DeclinedError):
        updates.momentum_sgd(*there, 0.1, 0.9)
    assert_same_bits(fetched(there), [x, g, v])
    if kind == "integers":
        return
    expected = [array.copy(order="K") for array in (x, g, v)]
    reference.momentum_sgd(*expected, 0.1, 0.9)
    kernels_for("optimizer_updates", there[0]).momentum_sgd(*there, 0.1, 0.9)
    assert not gpu.launches
    assert_same_bits(fetched(there), expected)


def test_kernels_are_chosen_on_a_gpu(gpu: SimulatedGpu) -> None:
    x, g = sent(drawn(2, (6, 5), "float16"), gpu)
    kernels_for("optimizer_updates", x).sgd(x, g, 0.1)
    assert gpu.launches == [KERNEL]


@pytest.mark.parametrize("update", UPDATES, ids=str)
def test_bfloat16_rounds_where_the_reference_does(update: Any, gpu: SimulatedGpu) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    arrays = drawn(4, 77, bfloat16)
    found = steps(updates, update, *_split(sent(arrays, gpu)))
    assert_same_bits(fetched(found), steps(reference, update, arrays[0], arrays[1:]))


def test_what_of_a_parameter_is_kept_is_rounded_once(gpu: SimulatedGpu) -> None:
    """1 - rate lies just above the middle of two numbers of float16, and in float32 on it."""
    kept = 1 - 3 * 2.0**-12 + 2.0**-40
    assert np.float16(kept) != np.float16(np.float32(kept))
    update = ("adam", 2, (None, 0.01, 0.9, 0.999, 1e-8, 1.0, 1 - kept, None))
    arrays = drawn(2, 200, "float16")
    found = steps(updates, update, *_split(sent(arrays, gpu)))
    assert_same_bits(fetched(found), steps(reference, update, arrays[0], arrays[1:]))
