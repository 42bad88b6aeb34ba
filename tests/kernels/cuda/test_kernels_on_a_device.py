"""That tests on a real device would see what is launched there: the simulated CuPy stands for the real one."""

import numpy as np
import pytest
from device import RealGpu
from every_direction import check_every_direction
from instances import problem
from simulated_gpu import SimulatedGpu

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda import activations, convolution
from dwbridge.kernels.cuda.sources import Instance


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


def test_products_are_noted_by_whose_turn_it_is(gpu: SimulatedGpu) -> None:
    for _ in range(2):
        real = RealGpu(gpu.module)
        with real.installed() as cupy:
            x, W = cupy.asarray(np.ones((2, 3, 4, 4), "f")), cupy.asarray(np.ones((5, 3, 1, 1), "f"))
            y = convolution.forward(x, W, None, Window2D.of(1))
        assert (y.get() == 3).all()
        assert real.launches == ["gemm"]


def test_sources_that_a_test_changes_are_its_own(gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was launched before, and what is launched after it."""
    text, found = Instance.text, []
    for slope in ("x", "2 * x", "x"):
        monkeypatch.setattr(
            Instance, "text", lambda self, s=slope: text(self).replace("(WIDE)0 : x;", f"(WIDE)0 : {s};")
        )
        with RealGpu(gpu.module).installed() as cupy:
            found.append(activations.relu(cupy.asarray(np.ones(1, "f"))).get().item())
    assert found == [1, 2, 1]
