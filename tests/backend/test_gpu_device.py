"""The CUDA device's decisions, with a stand-in for CuPy: two devices whose arrays lie in main memory.

It shows what is asked of CuPy, not that CuPy does it: for that a GPU is needed.
"""

import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

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

COUNT = 2


class FakeDevice:
    current = 0

    def __init__(self, number: int | None = None) -> None:
        self.id = self.current if number is None else number

    def __enter__(self) -> None:
        self.before = FakeDevice.current
        FakeDevice.current = self.id

    def __exit__(self, *_: object) -> None:
        FakeDevice.current = self.before

    def use(self) -> None:
        FakeDevice.current = self.id


class FakeArray(np.ndarray):
    number = 0

    def __array_finalize__(self, source: object) -> None:
        self.number = getattr(source, "number", FakeDevice.current)

    @property
    def device(self) -> FakeDevice:  # type: ignore[override]
        return FakeDevice(self.number)

    def get(self) -> np.ndarray:
        return np.array(self, subok=False)


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    module = types.ModuleType("cupy")
    module.ndarray = FakeArray
    module.asarray = lambda array: np.array(array).view(FakeArray)
    runtime = types.SimpleNamespace(getDeviceCount=lambda: COUNT, CUDARuntimeError=OSError)
    module.cuda = types.SimpleNamespace(Device=FakeDevice, runtime=runtime)
    monkeypatch.setitem(sys.modules, "cupy", module)
    monkeypatch.setattr(FakeDevice, "current", 0)
    return module


def test_specifiers(cupy: types.ModuleType) -> None:
    for specifier in (1, True, "1", "+1", "@cupy:1", np.uint8(1), FakeDevice(1), GpuDevice.from_device_id(1)):
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
        raise OSError("no driver")

    cupy.cuda.runtime.getDeviceCount = fail
    with pytest.raises(RuntimeError, match="CUDA is not available: no driver"):
        GpuDevice.from_device_id(0)


@pytest.mark.usefixtures("cupy")
def test_using_a_device_makes_it_current() -> None:
    with using_device("@cupy:1"):
        assert FakeDevice.current == 1
        with using_device("cuda:0"):
            assert FakeDevice.current == 0
    assert FakeDevice.current == 0
    get_device("cuda:1").use()
    assert FakeDevice.current == 1


@pytest.mark.usefixtures("cupy")
@pytest.mark.filterwarnings("ignore:to_.pu is deprecated:DeprecationWarning")
@pytest.mark.parametrize("make", [lambda: Variable(np.ones(2)), lambda: Parameter(1.0), lambda: Link(W=(2,))])
def test_to_gpu(make: Callable[[], Any]) -> None:
    for device, expected in ((None, 1), (0, 0), (FakeDevice(1), 1)):
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
    assert np.shares_memory(named, there)
    assert type(from_chx(named)) is cupy.ndarray
    assert np.shares_memory(GpuDevice(1).send(named), there)
    assert type(GpuDevice(1).send(named)) is cupy.ndarray
    assert type(CpuDevice().send(named)) is np.ndarray


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
    cupy.cuda, cupy.ndarray = cuda, FakeArray  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    for ask in (GpuDevice.current, lambda: get_device("@cupy:0"), lambda: Link().to_device(0)):
        with pytest.raises(RuntimeError, match="CUDA is not available: cudaErrorInsufficientDriver") as caught:
            ask()
        assert type(caught.value) is RuntimeError
