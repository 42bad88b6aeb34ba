"""Tests on a real device: through CuPy, skipped where there is none; with DWBRIDGE_DEMAND_GPU=1 they fail instead."""

import importlib
from types import ModuleType

import pytest
from demands import is_demanded

from dwbridge.backend import GpuDevice


@pytest.fixture
def cupy() -> ModuleType:
    """CuPy, with a device."""
    try:
        GpuDevice.current()
    except RuntimeError as error:
        if is_demanded():
            raise
        pytest.skip(f"no GPU: {error}")
    return importlib.import_module("cupy")
