"""Tests on a real device: through CuPy, skipped where there is none; with DWBRIDGE_DEMAND_GPU=1 they fail instead."""

import importlib
from collections.abc import Iterator
from types import ModuleType

import pytest
from allocations import exact_where_asked
from demands import is_demanded

from dwbridge.backend import GpuDevice


@pytest.fixture
def cupy() -> Iterator[ModuleType]:
    """CuPy, with a device."""
    try:
        GpuDevice.current()
    except RuntimeError as error:
        if is_demanded():
            raise
        pytest.skip(f"no GPU: {error}")
    module = importlib.import_module("cupy")
    with exact_where_asked(module):
        yield module
