"""The CUDA kernels of depthwise convolution, run on the simulated GPU, against the reference in float64."""

import pytest
from every_direction import check_every_direction
from instances import EVERY, problem
from simulated_gpu import SimulatedGpu

from dwbridge.kernels.cuda import depthwise
from dwbridge.kernels.errors import DeclinedError


@pytest.mark.parametrize(("case", "dtype"), EVERY)
def test_every_direction(case: str, dtype: str, gpu: SimulatedGpu) -> None:
    check_every_direction(problem(case, dtype), gpu)


@pytest.mark.parametrize("case", ["rows 3x3", "rows 5x5 stride 2", "planes 7x7"])
def test_arrays_that_begin_anywhere(case: str, gpu: SimulatedGpu) -> None:
    check_every_direction(problem(case, "float32"), gpu, begin=1)


def test_maps_beyond_32_bits_are_declined(gpu: SimulatedGpu) -> None:
    wanted = problem("rows 3x3", "float32")
    W = gpu.module.empty((1, wanted.channels, 3, 3), "float32")
    x = gpu.module.empty((1, 1, 1, 1), "float32")
    with pytest.raises(DeclinedError, match=r"less than 2\^31 pixels in each, got x of \(1, 3, 65536, 65536\)"):
        depthwise.backward_data(x, W, wanted.window, (1, 3, 1 << 16, 1 << 16))
