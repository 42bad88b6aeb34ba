"""The seam on a GPU: CUDA kernels where there are any, CuPy otherwise, and where kernels decline or do not compile."""

import logging

import numpy as np
import pytest
from simulated_gpu import SimulatedGpu

from dwbridge import functions as F
from dwbridge import kernels
from dwbridge.backend import GpuDevice
from dwbridge.configuration import using_config
from dwbridge.kernels import kernels_for
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.errors import CannotCompileError

X = np.random.default_rng(1).normal(size=(1, 2, 5, 6)).astype("f")
W = np.random.default_rng(2).normal(size=(1, 2, 3, 3)).astype("f")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    """Routines remember what could not be compiled."""
    kernels._implementation.cache_clear()


def test_each_choice_is_taken(gpu: SimulatedGpu) -> None:
    x = GpuDevice(0).send(X)
    names = {"auto": "cuda", "compiled": "cuda", "numpy": "reference"}
    for choice, folder in names.items():
        with using_config("kernels", choice):
            assert kernels_for("depthwise", x).__name__ == f"dwbridge.kernels.{folder}.depthwise"
    assert ".cuda." not in kernels_for("depthwise", X).__name__


def test_an_operator_without_cuda_kernels_is_cupys(gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = {"numpy": kernels.MODULES["depthwise"]["numpy"]}
    monkeypatch.setitem(kernels.MODULES, "depthwise", plain)
    with using_config("kernels", "compiled"):
        assert kernels_for("depthwise", GpuDevice(0).send(X)).__name__ == "dwbridge.kernels.reference.depthwise"


def test_what_kernels_decline_is_cupys(gpu: SimulatedGpu) -> None:
    x, w = map(GpuDevice(0).send, (X, W.astype("d")))
    y = F.depthwise_convolution_2d(x, w).array
    assert not gpu.launches
    np.testing.assert_allclose(y.get(), F.depthwise_convolution_2d(X, W).array, rtol=1e-5)


@pytest.fixture
def _broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Instance, "text", lambda self: "no CUDA at all")


@pytest.mark.usefixtures("_broken")
def test_what_does_not_compile_is_cupys_and_is_said_once(gpu: SimulatedGpu, caplog: pytest.LogCaptureFixture) -> None:
    x, w = map(GpuDevice(0).send, (X, W))
    with caplog.at_level(logging.WARNING):
        ys = [F.depthwise_convolution_2d(x, w).array for _ in range(2)]
    np.testing.assert_allclose(ys[1].get(), F.depthwise_convolution_2d(X, W).array, rtol=1e-5)
    (record,) = caplog.records
    assert record.message.startswith("dwbridge.kernels.cuda.depthwise: the reference computes from now on: ")
    assert ".cuh for sm_90: " in record.message


@pytest.mark.usefixtures("_broken")
def test_forced_kernels_have_to_compile(gpu: SimulatedGpu) -> None:
    x, w = map(GpuDevice(0).send, (X, W))
    with using_config("kernels", "compiled"), pytest.raises(CannotCompileError, match=r"\.cuh for sm_90: "):
        F.depthwise_convolution_2d(x, w)
