"""Which runtimes have to be there, by what stands for onnxruntime; it needs no device."""

import sys
from types import ModuleType

import pytest
from demands import must_run

from dwbridge.exporters.runtimes.onnxruntime_session import CUDA


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What onnxruntime lists."""
    module, listed = ModuleType("onnxruntime"), ["CPUExecutionProvider"]
    module.__spec__ = sys.__spec__  # any will do
    monkeypatch.setattr(module, "get_available_providers", lambda: listed, raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", module)
    monkeypatch.setenv("DWBRIDGE_DEMAND_GPU", "1")
    return listed


def test_a_provider_that_is_listed_has_to_run(providers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert not must_run("onnxruntime-cuda")
    providers.append(CUDA)
    assert must_run("onnxruntime-cuda")
    assert must_run("onnxruntime-cuda-tf32")
    monkeypatch.delenv("DWBRIDGE_DEMAND_GPU")
    assert not must_run("onnxruntime-cuda")


@pytest.mark.usefixtures("providers")
def test_own_kernels_have_to_run_where_a_device_is_demanded() -> None:
    assert must_run("native-cuda")
