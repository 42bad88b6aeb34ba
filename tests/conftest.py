"""Shared by all tests: `cases` and `oracles` are importable, and every test starts from the same random state."""

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).resolve().parent
sys.path[:0] = [str(TESTS), str(TESTS / "exporters")]

import skip_guard  # noqa: E402 - found on the path that was just set
from seed import SEED  # noqa: E402 - found on the path that was just set
from simulated_gpu import SimulatedGpu  # noqa: E402 - found on the path that was just set
from simulated_gpu.sources import can_compile  # noqa: E402 - found on the path that was just set


def pytest_report_header() -> str:
    return f"random seed of every test: {SEED}"


def pytest_collection_finish() -> None:
    """The tests themselves stay: the collector need not look through them again, at every compilation a few times."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # compilers make many objects that stay


@pytest.fixture(autouse=True)
def _fixed_seed() -> None:
    np.random.seed(SEED)


@pytest.fixture(scope="session")
def compiled_sources(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where compilers put what they make of CUDA sources: beside pytest's own cache, so that it is made once."""
    cache = getattr(pytestconfig, "cache", None)
    return tmp_path_factory.mktemp("compiled") if cache is None else Path(cache.mkdir("compiled-cuda"))


@pytest.fixture(scope="session")
def libraries(compiled_sources: Path) -> Path:
    """Where g++ puts them."""
    if not can_compile():
        pytest.skip("g++ is not installed")
    return compiled_sources


@pytest.fixture
def gpu(libraries: Path) -> Iterator[SimulatedGpu]:
    """A GPU that is the CPU; see `simulated_gpu`."""
    gpu = SimulatedGpu(libraries)
    with gpu.installed():
        yield gpu


def pytest_configure(config: pytest.Config) -> None:
    skip_guard.pytest_configure(config)
