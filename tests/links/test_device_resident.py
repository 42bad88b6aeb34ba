"""Moves between devices: what is moved, what is returned, and which overrides are called."""

import numpy as np
import pytest

from dwbridge.backend import CpuDevice, GpuDevice
from dwbridge.links import Chain, ChainList, Linear, Link
from dwbridge.links.device_visitors import ToDeviceVisitor


class WithArrays(Link):
    def __init__(self):
        super().__init__(W=(2,), later=None)
        self.add_persistent("array", np.zeros(2))
        self.add_persistent("number", 3)


def test_starts_on_the_cpu():
    link = Link()
    assert (link.device, str(link.device), link.xp) == (CpuDevice(), "@numpy", np)


def test_device_is_read_only():
    with pytest.raises(AttributeError):
        Link().device = CpuDevice()


def test_to_device_returns_self_and_keeps_arrays_that_are_there():
    link = WithArrays()
    data, grad, array = link.W.array, link.W.grad, link.array
    assert link.to_device("@numpy") is link
    assert link.W.array is data
    assert link.W.grad is grad
    assert link.array is array


def test_to_cpu_is_deprecated_and_works():
    link = WithArrays()
    data = link.W.array
    with pytest.warns(DeprecationWarning, match=r"to_cpu is deprecated\. Please use to_device\('@numpy'\) instead\."):
        assert link.to_cpu() is link
    assert link.W.array is data


def test_to_gpu_without_cupy_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cupy", None)
    with (
        pytest.warns(DeprecationWarning, match="to_gpu is deprecated"),
        pytest.raises(RuntimeError, match=r"a GPU device needs CuPy.*install dwbridge with its extra 'cuda13'"),
    ):
        Link().to_gpu()


@pytest.mark.parametrize(("specifier", "error"), [("@foo", ValueError), (None, TypeError), ("numpy", Exception)])
def test_wrong_device(specifier, error):
    with pytest.raises(error):
        Link().to_device(specifier)


class Logging(Link):
    """Overrides nothing; logs every visit."""

    def __init__(self):
        super().__init__()
        self.log = []


class OverridesAccept(Logging):
    def device_resident_accept(self, visitor):
        super().device_resident_accept(visitor)
        self.log.append("accept")


class OverridesToDevice(Logging):
    def to_device(self, device):
        super().to_device(device)
        self.log.append(str(device))
        return self


with pytest.warns(DeprecationWarning, match=r"Overriding method 'to_cpu'\."):

    class OverridesToCpu(Logging):
        def to_cpu(self):
            super().to_cpu()
            self.log.append("to_cpu")
            return self


@pytest.mark.parametrize("tree_of", [lambda x: x, lambda x: Chain(x=x), lambda x: ChainList(Linear(1, 1), x)])
class TestOverrides:
    def test_accept_is_called(self, tree_of):
        link = OverridesAccept()
        tree_of(link).to_device("@numpy")
        assert link.log == ["accept"]

    def test_to_device_is_called_from_every_move(self, tree_of):
        link = OverridesToDevice()
        tree_of(link).to_device("@numpy")
        assert link.log == ["@numpy"]

    @pytest.mark.filterwarnings("ignore:to_cpu is deprecated:DeprecationWarning")
    def test_to_cpu_is_called_from_every_move(self, tree_of):
        link = OverridesToCpu()
        tree_of(link).to_device("@numpy")
        assert link.log == ["to_cpu"]
        tree_of(link).to_cpu()
        assert link.log == ["to_cpu", "to_cpu"]


class TestBetweenGpus:
    """The decisions of a move from GPU to GPU, on devices that need not be there."""

    @staticmethod
    def gpu(device_id):
        device = GpuDevice.__new__(GpuDevice)
        device.device_id = device_id
        device.name = f"@cupy:{device_id}"
        return device

    class Moving:
        def __init__(self, device):
            self.device = device

        def to_device(self, device):
            self.device = device

    def test_to_gpu_leaves_what_is_on_another_gpu_and_warns(self):
        param = self.Moving(self.gpu(1))
        with pytest.warns(RuntimeWarning, match=r"to_gpu leaves on @cupy:1 what is there.*to @cupy:0: use to_device"):
            ToDeviceVisitor(self.gpu(0), skip_between_gpus=True).visit_variable(param)
        assert param.device == self.gpu(1)

    def test_to_gpu_leaves_what_is_there_already(self):
        param = self.Moving(self.gpu(0))
        ToDeviceVisitor(self.gpu(0), skip_between_gpus=True).visit_variable(param)
        assert param.device == self.gpu(0)

    def test_to_device_moves_it(self):
        param = self.Moving(self.gpu(1))
        ToDeviceVisitor(self.gpu(0)).visit_variable(param)
        assert param.device == self.gpu(0)

    def test_to_gpu_moves_from_the_cpu(self):
        param = self.Moving(CpuDevice())
        ToDeviceVisitor(self.gpu(0), skip_between_gpus=True).visit_variable(param)
        assert param.device == self.gpu(0)
