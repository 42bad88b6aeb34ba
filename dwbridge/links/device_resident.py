"""What lives on a device and moves to another with everything below it.

A move is a visitor that walks the tree: `device_resident_accept` shows it every variable and array of an object. A
subclass with arrays of its own overrides that method (Chainer 7), or `to_device`, `to_cpu`, `to_gpu` (Chainer before
7); such an override is called wherever the object stands in the tree that moves, whichever method started the move.
"""

import warnings
from types import ModuleType
from typing import Any, Self

from dwbridge.autograd import Variable
from dwbridge.backend import Array, CpuDevice, Device, GpuDevice, get_device, get_device_from_array

_DEPRECATED = ("to_cpu", "to_gpu")


class DeviceResident:
    """An object on a device."""

    _device: Device = CpuDevice()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for method in _DEPRECATED:
            if method in vars(cls):
                warnings.warn(f"Overriding method '{method}'.", DeprecationWarning, stacklevel=2)

    @property
    def device(self) -> Device:
        """Where this object lives."""
        return self._device

    @property
    def xp(self) -> ModuleType:
        """The array library of the device."""
        return self._device.xp

    def device_resident_accept(self, visitor: "DeviceResidentsVisitor") -> None:
        """Shows the visitor everything of this object that lives on a device."""
        visitor.visit_device_resident(self)

    def to_device(self, device: Any) -> Self:
        """Moves parameters and array-valued persistents to a device, in place.

        Args:
            device: what `dwbridge.get_device` takes: '@numpy', '@cupy:0', -1, 0, a device.

        Returns:
            self
        """
        start = self if _overrides(self, "to_device") else None
        self.device_resident_accept(ToDeviceVisitor(get_device(device), start))
        return self

    def to_cpu(self) -> Self:
        """Moves to main memory, in place (deprecated; use `to_device('@numpy')`)."""
        _warn_deprecated("to_cpu", "@numpy")
        self.device_resident_accept(ToDeviceVisitor(CpuDevice(), self))
        return self

    def to_gpu(self, device: Any = None) -> Self:
        """Moves to a CUDA device, in place (deprecated; use `to_device('@cupy:N')`).

        What is on a CUDA device already stays where it is, with a RuntimeWarning if that is another one.

        Args:
            device: number of the device, or CuPy's object for it; None for CuPy's current device.

        Raises:
            RuntimeError: if CuPy or the device is not there.
        """
        _warn_deprecated("to_gpu", "@cupy:N")
        if device is None:
            device = GpuDevice().xp.cuda.Device()
        target = GpuDevice(int(getattr(device, "id", device)))
        self.device_resident_accept(ToDeviceVisitor(target, self, skip_between_gpus=True))
        return self


class DeviceResidentsVisitor:
    """What is done to everything that lives on a device, in one walk through a tree."""

    def visit_device_resident(self, device_resident: DeviceResident) -> None:
        """Called for every object, before what it holds."""
        raise NotImplementedError

    def visit_array(self, arr: Array) -> Array:
        """Called for every array; returns the one to put in its place."""
        raise NotImplementedError

    def visit_variable(self, param: Variable) -> None:
        """Called for every variable and parameter."""
        raise NotImplementedError


class ToDeviceVisitor(DeviceResidentsVisitor):
    """A move to a device.

    Args:
        device: where to.
        start: an object whose overridden methods are not called, because one of them started this move.
        skip_between_gpus: leave on its GPU what is on one.
    """

    def __init__(self, device: Device, start: DeviceResident | None = None, skip_between_gpus: bool = False) -> None:
        self.device = device
        self._start = start
        self._skip_between_gpus = skip_between_gpus and isinstance(device, GpuDevice)

    def visit_device_resident(self, device_resident: DeviceResident) -> None:
        device_resident._device = self.device
        if device_resident is not self._start:
            self._call_override(device_resident)

    def _call_override(self, device_resident: DeviceResident) -> None:
        if _overrides(device_resident, "to_device"):
            device_resident.to_device(self.device)
        elif isinstance(self.device, CpuDevice) and _overrides(device_resident, "to_cpu"):
            device_resident.to_cpu()
        elif isinstance(self.device, GpuDevice) and _overrides(device_resident, "to_gpu"):
            device_resident.to_gpu(self.device.device_id)

    def visit_array(self, arr: Array) -> Array:
        return arr if self._stays(get_device_from_array(arr)) else self.device.send(arr)

    def visit_variable(self, param: Variable) -> None:
        if not self._stays(param.device):
            param.to_device(self.device)

    def _stays(self, device: Device) -> bool:
        stays = self._skip_between_gpus and isinstance(device, GpuDevice)
        if stays and device != self.device:
            message = f"to_gpu leaves on {device} what is there, and does not move it to {self.device}: use to_device"
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        return stays


def _overrides(device_resident: DeviceResident, method: str) -> bool:
    return getattr(type(device_resident), method) is not getattr(DeviceResident, method)


def _warn_deprecated(method: str, device: str) -> None:
    message = f"{method} is deprecated. Please use to_device('{device}') instead."
    warnings.warn(message, DeprecationWarning, stacklevel=3)
