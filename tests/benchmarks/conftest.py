"""The benchmark for GPUs, made small: simulated threads are slow."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
#: How often something is repeated, by the module that says it.
COUNTS = {"depthwise_gpu": ["HOST_CALLS"], "gpu.layers": ["CALLS"], "gpu.training": ["STEPS", "WARM"]}


@pytest.fixture
def depthwise_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The script; as `benchmark` it would be in the place of pytest-benchmark's fixture, which ends the run."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    before = set(sys.modules)
    module = importlib.import_module("depthwise_gpu")
    for name, counts in COUNTS.items():
        for count in counts:
            monkeypatch.setattr(sys.modules[name], count, 1)
    layers = importlib.import_module("networks.layers")
    small = (layers.convolution(3, 4, 3, 2), layers.depthwise(4), layers.global_mean, layers.linear(4, 1000))
    monkeypatch.setitem(module.training.NETWORKS, "mobilenet_v2", lambda: small)
    yield module
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(BENCHMARKS)):
            del sys.modules[name]
