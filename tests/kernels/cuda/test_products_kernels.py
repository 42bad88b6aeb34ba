"""Products by cuBLAS, and the arithmetic that CuPy asks of it."""

import numpy as np
import pytest
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.kernels.cuda.products import TF32, Matrices, multiply


def product(left: np.ndarray, right: np.ndarray, gpu: SimulatedGpu) -> np.ndarray:
    a, b = map(gpu.module.asarray, (left, right))
    c = gpu.module.empty((len(left), len(right[0])), left.dtype)
    multiply(*(Matrices(array, 1, 1, *array.shape) for array in (c, a, b)))
    return c.get()


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_tf32_is_cupys_choice(dtype: str, gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both factors of a product of float32 are rounded to 11 bits then; other types stay as they are."""
    left, right = (np.random.default_rng(SEED).normal(size=shape).astype(dtype) for shape in ((5, 40), (40, 7)))
    before = product(left, right, gpu)
    monkeypatch.setattr(gpu.module._core, "get_compute_type", lambda of: TF32)
    after = product(left, right, gpu)
    assert np.array_equal(before, after) == (dtype != "float32")
    assert (abs(after - before) <= 2 * 2.0**-10 * (abs(left) @ abs(right))).all()
