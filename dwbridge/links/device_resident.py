"""What lives on a device and moves to another with everything below it.

A move is a visitor (`device_visitors`) that walks the tree: `device_resident_accept` shows it every variable and array
of an object. A subclass with arrays of its own overrides that method (Chainer 7), or the method of the move itself,
`to_device`, `to_cpu`, `to_gpu`, `to_chainerx` (Chainer before 7); such an override is called wherever the object stands
in the tree that moves, whichever method started the move.
"""

import warnings
from types import ModuleType
from typing import Any, Self

from dwbridge.backend import CpuDevice, Device, GpuDevice, Intel64Device, get_device
from dwbridge.links.device_visitors import DeviceResidentsVisitor, FromChxVisitor, ToChxVisitor, ToDeviceVisitor

_DEPRECATED = ("to_cpu", "to_gpu", "to_intel64")


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

    def device_resident_accept(self, visitor: DeviceResidentsVisitor) -> None:
        """Shows the visitor everything of this object that lives on a device."""
        visitor.visit_device_resident(self)

    def _overrides(self, method: str) -> bool:
        """Whether a subclass has a method of a move of its own."""
        return getattr(type(self), method) is not getattr(DeviceResident, method)

    def _start_of(self, method: str) -> "DeviceResident | None":
        # A subclass's own method is running already, and is not called again by the move that it starts.
        return self if self._overrides(method) else None

    def to_device(self, device: Any) -> Self:
        """Moves parameters and array-valued persistents to a device, in place.

        Args:
            device: what `dwbridge.get_device` takes: '@numpy', '@cupy:0', 'native:0', -1, 0, a device.

        Returns:
            self
        """
        self.device_resident_accept(ToDeviceVisitor(get_device(device), self._start_of("to_device")))
        return self

    def to_cpu(self) -> Self:
        """Moves to main memory, in place (deprecated; use `to_device('@numpy')`)."""
        _warn_deprecated("to_cpu", "@numpy")
        self.device_resident_accept(ToDeviceVisitor(CpuDevice(), self._start_of("to_cpu")))
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
        target = GpuDevice.current() if device is None else GpuDevice(device)
        self.device_resident_accept(ToDeviceVisitor(target, self._start_of("to_gpu"), skip_between_gpus=True))
        return self

    def to_intel64(self) -> Self:
        """Moves to iDeep (deprecated).

        Raises:
            RuntimeError: always: iDeep is not there.
        """
        _warn_deprecated("to_intel64", "@intel64")
        self.device_resident_accept(ToDeviceVisitor(Intel64Device()))
        return self

    def to_chx(self) -> Self:
        """Gives parameters and array-valued persistents ChainerX's names for where they are, in place.

        They stay the same memory. What is computed from them has the name too.

        Returns:
            self
        """
        self.device_resident_accept(ToChxVisitor(self._start_of("to_chx")))
        return self

    def from_chx(self) -> Self:
        """Takes ChainerX's names off parameters and array-valued persistents, in place; they stay the same memory.

        Returns:
            self
        """
        self.device_resident_accept(FromChxVisitor(self._start_of("from_chx")))
        return self

    def to_chainerx(self) -> Self:
        """`to_chx`, as the first versions called it."""
        self.device_resident_accept(ToChxVisitor(self._start_of("to_chainerx")))
        return self

    def from_chainerx(self) -> Self:
        """`from_chx`, as the first versions called it."""
        self.device_resident_accept(FromChxVisitor(self._start_of("from_chainerx")))
        return self


def _warn_deprecated(method: str, device: str) -> None:
    message = f"{method} is deprecated. Please use to_device('{device}') instead."
    warnings.warn(message, DeprecationWarning, stacklevel=3)
