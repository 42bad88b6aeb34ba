"""A simulated GPU for the tests of CUDA kernels, in several orders of its threads."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from simulated_gpu import SimulatedGpu
from simulated_gpu.sources import can_compile


@pytest.fixture(params=[1, 7], ids=["descending", "shuffled"])  # in ascending order, faults hide best
def gpu(request: pytest.FixtureRequest, libraries: Path) -> Iterator[SimulatedGpu]:
    if not can_compile():
        pytest.skip("g++ is not installed")
    gpu = SimulatedGpu(libraries, request.param)
    with gpu.installed():
        yield gpu
