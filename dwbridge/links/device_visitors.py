"""The moves: what is done to everything that lives on a device, in one walk through a tree.

Before a visitor shows itself to what an object holds, it calls the object's own method for this move, where a subclass
has one; see `device_resident`.
"""

import warnings
from typing import TYPE_CHECKING

from dwbridge.autograd import Variable
from dwbridge.backend import (
    Array,
    CpuDevice,
    Device,
    GpuDevice,
    from_chx,
    get_device_from_array,
    to_chx,
    with_chainerx_name,
    without_chainerx_name,
)

if TYPE_CHECKING:
    from dwbridge.links.device_resident import DeviceResident


class DeviceResidentsVisitor:
    """What is done to everything that lives on a device."""

    def visit_device_resident(self, device_resident: "DeviceResident") -> None:
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

    def __init__(self, device: Device, start: "DeviceResident | None" = None, skip_between_gpus: bool = False) -> None:
        self.device = device
        self._start = start
        self._skip_between_gpus = skip_between_gpus and isinstance(device, GpuDevice)

    def visit_device_resident(self, device_resident: "DeviceResident") -> None:
        device_resident._device = self.device
        if device_resident is not self._start:
            self._call_override(device_resident)

    def _call_override(self, device_resident: "DeviceResident") -> None:
        if device_resident._overrides("to_device"):
            device_resident.to_device(self.device)
        elif isinstance(self.device, CpuDevice) and device_resident._overrides("to_cpu"):
            device_resident.to_cpu()
        elif isinstance(self.device, GpuDevice) and device_resident._overrides("to_gpu"):
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


class ToChxVisitor(DeviceResidentsVisitor):
    """ChainerX's names for where everything is.

    Args:
        start: an object whose overridden methods are not called, because one of them started this move.
    """

    methods = ("to_chainerx", "to_chx")

    def __init__(self, start: "DeviceResident | None" = None) -> None:
        self._start = start

    def renamed(self, device: Device) -> Device:
        """The device under the name that this move gives it."""
        return with_chainerx_name(device)

    def visit_device_resident(self, device_resident: "DeviceResident") -> None:
        device_resident._device = self.renamed(device_resident._device)
        if device_resident is self._start:
            return
        for method in self.methods:
            if device_resident._overrides(method):
                getattr(device_resident, method)()
                return
        if device_resident._overrides("to_device"):
            device_resident.to_device(device_resident._device)

    def visit_array(self, arr: Array) -> Array:
        return to_chx(arr)

    def visit_variable(self, param: Variable) -> None:
        param.to_chx()


class FromChxVisitor(ToChxVisitor):
    """Takes ChainerX's names off everything."""

    methods = ("from_chainerx", "from_chx")

    def renamed(self, device: Device) -> Device:
        return without_chainerx_name(device)

    def visit_array(self, arr: Array) -> Array:
        return from_chx(arr)

    def visit_variable(self, param: Variable) -> None:
        param.from_chx()
