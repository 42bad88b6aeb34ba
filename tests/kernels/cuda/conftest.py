"""A simulated GPU for the tests of CUDA kernels, in two orders of its threads, one of them under a sanitizer."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from simulated_gpu import SimulatedGpu
from simulated_gpu.sources import SANITIZED


# In ascending order, faults hide best.
@pytest.fixture(params=[(1, ()), (7, SANITIZED)], ids=["descending", "shuffled and sanitized"])
def gpu(request: pytest.FixtureRequest, libraries: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[SimulatedGpu]:
    gpu = SimulatedGpu(libraries, *request.param)
    with gpu.installed():
        yield gpu
    assert "runtime error" not in capfd.readouterr().err
