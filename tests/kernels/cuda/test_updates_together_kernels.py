"""The CUDA kernels of optimizers' steps on many parameters at once: the bits of the reference's steps, one by one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from optimizer_steps import UPDATES, assert_same_bits
from seed import SEED
from simulated_gpu import SimulatedGpu
from simulated_gpu.sources import SANITIZED

from dwbridge.backend import compute_dtype
from dwbridge.kernels.cuda import optimizer_updates as updates
from dwbridge.kernels.cuda.plan import updates as plan
from dwbridge.kernels.cuda.plan.launches import ITEMSIZES
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.reference import optimizer_updates as reference

#: Around packs, around a block's elements, and without axes.
SHAPES = [(1,), (3, 5), (), (4,), (1025, 5), (2, 0), (4096,), (4097,), (8, 1, 3, 3), (31,)]


def rows(shapes: Any, dtype: str, states: int) -> list[list[np.ndarray]]:
    """x, g and states of every parameter; states are positive, as means of squares are."""
    rng = np.random.default_rng(SEED)
    made = [[rng.normal(size=shape).astype(dtype) for _ in range(2 + states)] for shape in shapes]
    return [[np.asarray(array if i < 2 else abs(array)) for i, array in enumerate(row)] for row in made]


def there(here: list[list[Any]], gpu: SimulatedGpu) -> list[list[Any]]:
    return [[gpu.module.asarray(array) for array in row] for row in here]


def compared(routine: str, on_gpu: list[list[Any]], here: list[list[Any]], *scalars: Any) -> None:
    """Two steps here, one by one, and there, together: of states that are new, and of others."""
    for _ in range(2):
        updates.together(routine, on_gpu, *scalars)
        for row in here:
            getattr(reference, routine)(*row, *scalars)
    for row, arrays in zip(on_gpu, here, strict=True):
        kept = [array for array in arrays if array is not None]
        assert_same_bits([array.get() for array in row if array is not None], kept)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("update", UPDATES, ids=str)
def test_bits_are_those_of_one_by_one(update: Any, dtype: str, gpu: SimulatedGpu) -> None:
    name, states, scalars = update
    without = int(name == "adam" and scalars[0] is None)  # of adam's states, the largest v may be None
    here = rows(SHAPES, dtype, states)
    on_gpu = there(here, gpu)
    gpu.transfers.clear()
    with np.errstate(all="ignore"):
        compared(name, [row + [None] * without for row in on_gpu], [row + [None] * without for row in here],
                 *scalars[without:])  # fmt: skip
    assert gpu.launches == ["optimizer_update"] * 2


def test_more_parameters_than_a_table_has_room_for(gpu: SimulatedGpu) -> None:
    count = 2 * plan.tensors(1) + 3
    here = rows([(1 + i % 7,) for i in range(count)], "float32", 1)
    compared("momentum_sgd", there(here, gpu), here, 0.1, 0.9)
    assert gpu.launches == ["optimizer_update"] * 6


def test_tables_that_are_just_full(gpu: SimulatedGpu) -> None:
    here = rows([(5,)] * plan.tensors(0), "float32", 0)
    compared("sgd", there(here, gpu), here, 0.1)
    assert gpu.launches == ["optimizer_update"] * 2


@pytest.mark.parametrize("rule", updates.RULES)
def test_arguments_have_room_on_every_gpu(rule: str) -> None:
    states = updates.RULES[rule]
    numbers = max(dtype.itemsize for dtype in updates.NUMBERS.values())
    taken = plan.table_type(states).itemsize + numbers + 4
    assert plan.ARGUMENTS - 2 * (8 * (2 + states) + 12) < taken <= plan.ARGUMENTS
    assert plan.table_type(states).itemsize % 8 == 0


def test_what_is_not_aligned_is_beside_what_is(gpu: SimulatedGpu) -> None:
    here = rows([(42,)] * 6, "float32", 1)
    on_gpu = there(here, gpu)
    places = [[slice(1, 38) if i == odd else slice(0, 37) for i in range(3)] for odd in (0, 3, 1, 2, 3, 0)]
    views = [[[a[p] for a, p in zip(row, place)] for row, place in zip(whole, places)] for whole in (on_gpu, here)]
    compared("momentum_sgd", *views, 0.1, 0.9)
    for row, arrays in zip(on_gpu, here, strict=True):  # what lies beside stays
        assert_same_bits([array.get() for array in row], arrays)
    assert gpu.launches == ["optimizer_update"] * 2


def test_dtypes_are_launched_apart(gpu: SimulatedGpu) -> None:
    here = [row for dtype in ("float32", "float16", "float64") for row in rows([(6,), (7,)], dtype, 1)]
    here = here[::2] + here[1::2]
    compared("momentum_sgd", there(here, gpu), here, 0.1, 0.9)
    assert gpu.launches == ["optimizer_update"] * 6


def test_what_is_declined_is_the_references_alone(gpu: SimulatedGpu) -> None:
    here = rows([(4, 5)] * 5, "float32", 1)
    here[1] = [array.T for array in here[1]]
    here[3] = [array.astype(np.int32) for array in here[3]]
    on_gpu = there(here, gpu)
    on_gpu[1] = [gpu.module.asarray(array.T.copy()).T for array in here[1]]
    updates.together("momentum_sgd", on_gpu, 3, 2)
    for row in here:
        reference.momentum_sgd(*row, 3, 2)
    assert_same_bits(
        [a.get() for row in on_gpu[:3] + on_gpu[4:] for a in row], [a for r in here[:3] + here[4:] for a in r]
    )
    assert gpu.launches == ["optimizer_update"]


def test_gradients_that_parameters_share_and_of_other_layouts(gpu: SimulatedGpu) -> None:
    here = rows([(6, 5)] * 3, "float32", 1)
    on_gpu = there(here, gpu)
    for arrays in (here, on_gpu):
        turned = arrays[2][1].reshape(5, 6).T
        for row in arrays[:2]:
            row[1] = turned
    compared("momentum_sgd", on_gpu, here, 0.1, 0.9)


def test_weight_decay_changes_gradients(gpu: SimulatedGpu) -> None:
    here = rows([(6, 5), (3,), (4097,)], "float32", 0)
    compared("weight_decay", there(here, gpu), here, 0.3)


def test_bfloat16(gpu: SimulatedGpu) -> None:
    dtype = pytest.importorskip("ml_dtypes").bfloat16
    here = rows([(6, 5), (3,), (4097,)], "float32", 1)
    here = [[array.astype(dtype) for array in row] for row in here]
    assert compute_dtype(here[0][0].dtype) == np.float32
    compared("momentum_sgd", there(here, gpu), here, 0.1, 0.9)
    assert gpu.launches == ["optimizer_update"] * 2


#: fault -> what stands in the source, and what stands there with the fault
FAULTS = {
    "the parameter before": ("if (block < ends[middle])", "if (block <= ends[middle])"),
    "the last parameter forgotten": ("high = count - 1;", "high = count - 2;"),
    "blocks counted from the first parameter's": ("own_tensor == 0 ? 0 : tensors.ends[own_tensor - 1]", "0"),
    "an element beyond": ("at < size; at +=", "at <= size; at +="),
    "elements of the next block": ("left < CHUNK ? left : CHUNK", "left"),
    "the tail forgotten": ("at = packs * V + threadIdx.x", "at = (packs + 1) * V + threadIdx.x"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_seen(fault: str, libraries: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    right, wrong = FAULTS[fault]
    honest = Instance.text

    def text(instance: Instance) -> str:
        assert right in honest(instance)
        return honest(instance).replace(right, wrong)

    monkeypatch.setattr(Instance, "text", text)
    gpu = SimulatedGpu(libraries, 1, SANITIZED)
    with gpu.installed():
        seen = [complains(gpu, test) for test in (every_shape, test_what_is_not_aligned_is_beside_what_is)]
    assert any(seen) or "runtime error" in capfd.readouterr().err


def every_shape(gpu: SimulatedGpu) -> None:
    here = rows(SHAPES, "float32", 1)
    compared("momentum_sgd", there(here, gpu), here, 0.1, 0.9)


def complains(gpu: SimulatedGpu, test: Any) -> bool:
    try:
        test(gpu)
    except (AssertionError, RuntimeError):
        return True
    return False


def test_every_dtype_has_whole_packs_in_a_block() -> None:
    for dtype, size in ITEMSIZES.items():
        assert plan.chunk(dtype) * size % 16 == 0
