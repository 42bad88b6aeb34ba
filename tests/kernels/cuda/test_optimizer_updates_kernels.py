"""The CUDA kernels of optimizers' steps, run on the simulated GPU: the reference's, bit for bit."""

import inspect
from typing import Any

import numpy as np
import pytest
from optimizer_steps import UPDATES, assert_same_bits, steps
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.kernels.cuda import optimizer_updates as cuda
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import optimizer_updates as reference

DTYPES = ("float32", "float64", "float16")


def drawn(shape: Any, dtype: str, count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(SEED)
    return [rng.normal(size=shape).astype(dtype) for _ in range(count)]


def on_gpu(update: Any, x: np.ndarray, gradients: list[np.ndarray], gpu: SimulatedGpu, begin: int = 0) -> list[Any]:
    """The parameter and its states after a step along each gradient; all begin at element `begin` of their memory."""
    name, count, scalars = update

    def placed(array: np.ndarray) -> Any:
        memory = gpu.module.asarray(np.concatenate([np.zeros(begin, array.dtype), array.ravel()]))
        return memory[begin:].reshape(array.shape)

    arrays, given = [placed(x), *(placed(np.zeros_like(x)) for _ in range(count))], [*map(placed, gradients)]
    gpu.transfers.clear()
    for g in given:
        getattr(cuda, name)(arrays[0], g, *arrays[1:], *scalars)
    assert not gpu.transfers
    return [array.get() for array in arrays]


def test_every_routine_is_there() -> None:
    names = {name for name, value in vars(reference).items() if inspect.isfunction(value)} - {
        "compute_dtype",
        "get_array_module",
    }
    for name in names:
        assert inspect.signature(getattr(cuda, name)) == inspect.signature(getattr(reference, name))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("update", UPDATES, ids=str)
def test_bits_are_the_references(update: Any, dtype: str, gpu: SimulatedGpu) -> None:
    x, *gradients = drawn((5, 3, 7), dtype, 4)
    found = on_gpu(update, x, gradients, gpu)
    assert gpu.launches == ["optimizer_update"] * 3
    assert_same_bits(found, steps(reference, update, x, gradients))


@pytest.mark.parametrize("size", [1, 3, 4, 8, 9, 31, 2049])
@pytest.mark.parametrize("begin", [0, 1, 4])
def test_any_size_and_any_alignment(size: int, begin: int, gpu: SimulatedGpu) -> None:
    for dtype in DTYPES:
        x, *gradients = drawn(size, dtype, 3)
        for update in (UPDATES[0], UPDATES[7]):
            assert_same_bits(on_gpu(update, x, gradients, gpu, begin), steps(reference, update, x, gradients))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("update", UPDATES, ids=str)
def test_the_ends_of_the_numbers(update: Any, dtype: str, gpu: SimulatedGpu) -> None:
    tiny = float(np.finfo(dtype).tiny)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, tiny, -tiny, 1.0, -1.0, 60000.0, -60000.0, 1e-4]
    x, g = (np.array(row, dtype).ravel() for row in np.meshgrid(special, special))
    assert_same_bits(on_gpu(update, x, [g, g[::-1].copy()], gpu), steps(reference, update, x, [g, g[::-1].copy()]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_weight_decay_changes_the_gradient(dtype: str, gpu: SimulatedGpu) -> None:
    x, g = drawn((3, 11), dtype, 2)
    there = [gpu.module.asarray(array) for array in (x, g)]
    cuda.weight_decay(*there, 0.01)
    reference.weight_decay(x, g, 0.01)
    assert_same_bits([array.get() for array in there], [x, g])


def test_a_gradient_in_another_order_is_copied_and_not_changed(gpu: SimulatedGpu) -> None:
    x, g = drawn((6, 5), "float32", 2)
    g = np.asfortranarray(g)
    there = [gpu.module.asarray(array) for array in (x, g)]
    cuda.sgd(*there, 0.1)
    np.testing.assert_array_equal(there[1].get(), g)
    reference.sgd(x, g, 0.1)
    np.testing.assert_array_equal(there[0].get(), x)


def test_bfloat16_is_rounded_after_every_operation(gpu: SimulatedGpu) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    x, *gradients = (array.astype(bfloat16) for array in drawn(77, "float32", 4))
    lr, momentum = bfloat16(0.1), bfloat16(0.9)
    found, v = on_gpu(("momentum_sgd", 1, (0.1, 0.9)), x, gradients, gpu)[0], np.zeros_like(x)
    for g in gradients:
        v = v * momentum - lr * g
        x = x + v
    np.testing.assert_array_equal(found, x)


def test_nothing_and_a_number_without_axes(gpu: SimulatedGpu) -> None:
    empty = gpu.module.asarray(np.zeros((0, 3), np.float32))
    cuda.sgd(empty, empty, 0.1)
    assert not gpu.launches
    x, g = (gpu.module.asarray(np.array(number, np.float32)) for number in (1.0, 0.5))
    cuda.sgd(x, g, 0.5)
    assert x.get() == 0.75


def test_what_is_declined_is_unchanged(gpu: SimulatedGpu) -> None:
    wide, narrow, turned = (gpu.module.asarray(np.ones((2, 3), dtype)) for dtype in ("float32", "float16", "float32"))
    for x, g, why in (
        (wide, narrow, "one dtype"),
        (turned.T, turned.T, "row order"),
        (wide, turned.T, "row order"),
        (gpu.module.asarray(np.ones(2, "int32")), gpu.module.asarray(np.ones(2, "int32")), "int32"),
    ):
        with pytest.raises(DeclinedError, match=why):
            cuda.sgd(x, g, 0.1)
    with pytest.raises(DeclinedError, match="gradient in row order"):
        cuda.weight_decay(wide.T.copy(), wide.T, 0.1)
    assert (wide.get() == 1).all()
