"""Running statistics on the GPU, which the kernel of the batch's writes: the reference's bits."""

from typing import Any

import numpy as np
import pytest
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.backend import compute_dtype
from dwbridge.kernels.cuda import batch_normalization
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference.batch_normalization import Running

DTYPES = [("float32", "float32"), ("float64", "float64"), ("float16", "float16"), ("float16", "float32")]
DECAY, EPS = 0.9, 2e-5


def bits_by_hand(running: Any, batch: Any, factor: float) -> Any:
    """What running statistics become: as `Running.follow` says it, from a batch's in the type of arithmetic."""
    return running * running.dtype.type(DECAY) + ((1 - DECAY) * (factor * batch)).astype(running.dtype)


@pytest.mark.parametrize("absent", [(), (0,), (1,), (0, 1)])
@pytest.mark.parametrize("dtypes", DTYPES, ids="-".join)
def test_they_have_the_references_bits(dtypes: tuple[str, str], absent: tuple[int, ...], gpu: SimulatedGpu) -> None:
    """In the launch that computes the batch's. These are known by running ones that keep nothing of themselves."""
    (of_x, of_weights), rng = dtypes, np.random.default_rng(SEED)
    images, channels = shape = 37, 45
    correction, wide = images / (images - 1), compute_dtype(np.dtype(of_x))
    x, ones = gpu.module.asarray(rng.normal(1, 2, shape).astype(of_x)), gpu.module.asarray(np.ones(channels, wide))
    batch = [gpu.module.asarray(np.zeros(channels, wide)) for _ in range(2)]
    batch_normalization.forward(x, ones, ones, (0,), EPS, Running(*batch, 0.0, 1.0))

    gamma, mean, var = rng.uniform(0.5, 2, (3, channels)).astype(of_weights)
    expected = [bits_by_hand(mean, batch[0].get(), 1.0), bits_by_hand(var, batch[1].get(), correction)]
    there = [None if i in absent else gpu.module.asarray(each) for i, each in enumerate((mean, var))]
    weights = gpu.module.asarray(gamma)
    gpu.transfers.clear()
    gpu.launches.clear()
    batch_normalization.forward(x, weights, weights, (0,), EPS, Running(*there, DECAY, correction))
    assert gpu.launches == ["column_statistics", "channel_statistics", "batch_normalize"]
    assert not gpu.transfers
    for i, found in enumerate(there):
        assert (found is None) == (i in absent)
        if found is not None:
            np.testing.assert_array_equal(found.get(), expected[i])


@pytest.mark.parametrize("bad", ["float64", "float16", "order", "shape", "home"])
def test_what_is_declined(bad: str, gpu: SimulatedGpu) -> None:
    """Before either is changed."""
    mean = gpu.module.asarray(np.ones(4, np.float32))
    var = {
        "order": lambda: gpu.module.asarray(np.ones(8, np.float32))[::2],
        "shape": lambda: gpu.module.asarray(np.ones((4, 1), np.float32)),
        "home": lambda: np.ones(4, np.float32),
    }.get(bad, lambda: gpu.module.asarray(np.ones(4, bad)))()
    x, weights = gpu.module.asarray(np.ones((2, 4), np.float32)), gpu.module.asarray(np.ones(4, np.float32))
    gpu.launches.clear()
    with pytest.raises(DeclinedError, match=r"running statistics in row order, \(4,\) of float32"):
        batch_normalization.forward(x, weights, weights, (0,), EPS, Running(mean, var, 0.9, 2.0))
    assert not gpu.launches
    assert (mean.get() == 1).all()
