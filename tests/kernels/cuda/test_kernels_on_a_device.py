"""That tests on a real device would see what is launched there: the simulated CuPy stands for the real one."""

import numpy as np
import pytest
from device import RealGpu
from every_direction import check_every_direction
from instances import problem
from simulated_gpu import SimulatedGpu

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda import convolution


@pytest.mark.parametrize("case", ["any 3x3, M 2", "planes 3x3"])
def test_launches_are_noted(case: str, gpu: SimulatedGpu) -> None:
    real = RealGpu(gpu.module)
    gpu.launches.clear()
    with real.installed():
        check_every_direction(problem(case), real)
    assert real.launches == gpu.launches != []
    before = list(real.launches)
    check_every_direction(problem(case), gpu)
    assert real.launches == before


def test_products_are_noted(gpu: SimulatedGpu) -> None:
    real = RealGpu(gpu.module)
    with real.installed() as cupy:
        x, W = cupy.asarray(np.ones((2, 3, 4, 4), "f")), cupy.asarray(np.ones((5, 3, 1, 1), "f"))
        y = convolution.forward(x, W, None, Window2D.of(1))
    assert (y.get() == 3).all()
    assert real.launches == ["gemm"]
