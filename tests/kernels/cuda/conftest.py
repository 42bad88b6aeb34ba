"""The GPU of the tests of CUDA kernels: simulated, in two orders of its threads, under a sanitizer.

With DWBRIDGE_DEMAND_GPU=1 it is the real one.
"""

import importlib
import os
from collections.abc import Iterator

import pytest
from device import RealGpu
from simulated_gpu import SimulatedGpu
from simulated_gpu.sources import SANITIZED

REAL = "device"
#: In ascending order, faults hide best.
SIMULATED = {"descending": (1, SANITIZED), "shuffled": (7, SANITIZED)}


@pytest.fixture(params=[REAL] if os.environ.get("DWBRIDGE_DEMAND_GPU") else list(SIMULATED))
def gpu(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Iterator[SimulatedGpu | RealGpu]:
    if request.param == REAL:
        gpu: SimulatedGpu | RealGpu = RealGpu(importlib.import_module("cupy"))
    else:
        gpu = SimulatedGpu(request.getfixturevalue("libraries"), *SIMULATED[request.param])
    with gpu.installed():
        yield gpu
    assert "runtime error" not in capfd.readouterr().err
