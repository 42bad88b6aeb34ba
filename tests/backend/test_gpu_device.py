"""The CUDA device's decisions, on simulated devices."""

import copy
import pickle
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from simulated_gpu import SimulatedGpu

from dwbridge import Link, Parameter, Variable
from dwbridge.backend import (
    ChainerxDevice,
    CpuDevice,
    GpuDevice,
    from_chx,
    get_array_module,
    get_device,
    get_device_from_array,
    to_chx,
    using_device,
)


@pytest.fixture
def cupy(tmp_path: Path) -> Iterator[types.ModuleType]:
    with SimulatedGpu(tmp_path).installed() as module:
        yield module


def current() -> int:
    return GpuDevice.current().device_id


def test_specifiers(cupy: types.ModuleType) -> None:
    for specifier in (1, True, "1", "+1", "@cupy:1", np.uint8(1), cupy.cuda.Device(1), GpuDevice.from_device_id(1)):
        device = get_device(specifier)
        assert device == GpuDevice(1)
        assert (str(device), repr(device)) == ("@cupy:1", "<GpuDevice (cupy):1>")
        assert device.device.id == 1
        assert device.xp is cupy


@pytest.mark.usefixtures("cupy")
def test_devices_that_are_not_there() -> None:
    with pytest.raises(RuntimeError, match="there is no CUDA device 2: this machine has 2"):
        get_device(2)
    with pytest.raises(ValueError, match="Invalid CUDA device ID: expected 0 or more, got -1"):
        GpuDevice.from_device_id(-1)


def test_without_a_driver(cupy: types.ModuleType) -> None:
    def fail() -> int:
        raise cupy.cuda.runtime.CUDARuntimeError("no driver")

    cupy.cuda.runtime.getDeviceCount = fail
    with pytest.raises(RuntimeError, match="CUDA is not available: no driver"):
        GpuDevice.from_device_id(0)


@pytest.mark.usefixtures("cupy")
def test_using_a_device_makes_it_current() -> None:
    with using_device("@cupy:1"):
        assert current() == 1
        with using_device("cuda:0"):
            assert current() == 0
    assert current() == 0
    get_device("cuda:1").use()
    assert current() == 1


@pytest.mark.filterwarnings("ignore:to_.pu is deprecated:DeprecationWarning")
@pytest.mark.parametrize("make", [lambda: Variable(np.ones(2)), lambda: Parameter(1.0), lambda: Link(W=(2,))])
def test_to_gpu(make: Callable[[], Any], cupy: types.ModuleType) -> None:
    for device, expected in ((None, 1), (0, 0), (cupy.cuda.Device(1), 1)):
        moving = make()
        with using_device(1):
            moving.to_gpu(device)
        assert moving.device == GpuDevice(expected)
    moving.to_chx()
    assert str(moving.device) == "cuda:1"
    moving.from_chx()
    assert moving.device == GpuDevice(1)
    moving.to_cpu()
    assert moving.device == CpuDevice()


@pytest.mark.usefixtures("cupy")
def test_sending() -> None:
    x = np.arange(3.0)
    there = GpuDevice(1).send(x)
    assert get_device_from_array(x, there) == GpuDevice(1) == GpuDevice.from_array(there)
    assert GpuDevice(1).send(there) is there
    assert GpuDevice(1).is_array_supported(there)
    assert not GpuDevice(0).is_array_supported(there)
    assert get_device_from_array(GpuDevice(0).send(there)) == GpuDevice(0)
    back = CpuDevice().send(there)
    assert type(back) is np.ndarray
    np.testing.assert_array_equal(back, x)


def test_chainerx_names(cupy: types.ModuleType) -> None:
    there = GpuDevice(1).send(np.arange(3.0))
    named = to_chx(there)
    assert isinstance(named, cupy.ndarray)
    assert named.device_name == "cuda:1"
    assert get_device_from_array(named) == ChainerxDevice("cuda:1") == get_device("cuda:1")
    assert ChainerxDevice("cuda:1").fallback_device == GpuDevice(1)
    assert get_array_module(named) is cupy
    assert named.data.ptr == there.data.ptr
    assert type(from_chx(named)) is cupy.ndarray
    with using_device(1):
        named[0] = 7
    assert GpuDevice(1).send(named).get()[0] == there.get()[0] == 7
    assert type(GpuDevice(1).send(named)) is cupy.ndarray
    assert type(CpuDevice().send(named)) is np.ndarray


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda device: pickle.loads(pickle.dumps(device))])
def test_devices_are_copied_and_pickled(duplicate: Callable[[GpuDevice], GpuDevice]) -> None:
    assert duplicate(GpuDevice(1)) == GpuDevice(1)


def test_cupy_without_a_driver_says_so_for_the_current_device_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class CUDARuntimeError(RuntimeError):
        pass

    def fail(*_: object) -> int:
        raise CUDARuntimeError("cudaErrorInsufficientDriver")

    class Device:
        __init__ = fail

    runtime = types.SimpleNamespace(getDeviceCount=fail, CUDARuntimeError=CUDARuntimeError)
    cuda = types.SimpleNamespace(runtime=runtime, Device=Device)
    cupy = types.ModuleType("cupy")
    cupy.cuda, cupy.ndarray = cuda, type(None)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    for ask in (GpuDevice.current, lambda: get_device("@cupy:0"), lambda: Link().to_device(0)):
        with pytest.raises(RuntimeError, match="CUDA is not available: cudaErrorInsufficientDriver") as caught:
            ask()
        assert type(caught.value) is RuntimeError
