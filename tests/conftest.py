"""Shared by all tests: `cases` and `oracles` are importable, and every test starts from the same random state."""

import sys
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).resolve().parent
sys.path[:0] = [str(TESTS), str(TESTS / "exporters")]

import skip_guard  # noqa: E402 - found on the path that was just set
from seed import SEED  # noqa: E402 - found on the path that was just set


def pytest_report_header() -> str:
    return f"random seed of every test: {SEED}"


@pytest.fixture(autouse=True)
def _fixed_seed() -> None:
    np.random.seed(SEED)


def pytest_configure(config: pytest.Config) -> None:
    skip_guard.pytest_configure(config)
