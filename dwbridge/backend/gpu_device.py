"""A CUDA device, through CuPy, which is imported when such a device is first used and never before."""

from __future__ import annotations

import contextlib
import importlib
from types import ModuleType
from typing import Any

from dwbridge.backend.arrays import Array, is_cupy_array
from dwbridge.backend.device import Device


class GpuDevice(Device):
    """One CUDA device, through CuPy.

    Args:
        device: its number, or CuPy's object for it.

    Attributes:
        device_id (int): its number.

    Raises:
        RuntimeError: if CuPy cannot be imported, or finds no such device.
    """

    def __init__(self, device: Any = 0) -> None:
        self.device_id = int(getattr(device, "id", device))
        self.name = f"@cupy:{self.device_id}"
        count = _device_count(self.xp)
        if not 0 <= self.device_id < count:
            raise RuntimeError(f"there is no CUDA device {self.device_id}: this machine has {count}")

    @staticmethod
    def from_device_id(device_id: int) -> GpuDevice:
        """The CUDA device of a number.

        Raises:
            RuntimeError: if CuPy cannot be imported, or finds no such device.
            ValueError: if the number is negative.
        """
        _device_count(_import_cupy())
        if device_id < 0:
            raise ValueError(f"Invalid CUDA device ID: expected 0 or more, got {device_id}")
        return GpuDevice(device_id)

    @staticmethod
    def current() -> GpuDevice:
        """CuPy's current device.

        Raises:
            RuntimeError: if CuPy cannot be imported, or finds no device.
        """
        cupy = _import_cupy()
        _device_count(cupy)  # says in one line what CuPy says in its own way
        return GpuDevice(cupy.cuda.Device())

    @staticmethod
    def from_array(array: Any) -> GpuDevice | None:
        """The device of a CuPy array, None for anything else."""
        return GpuDevice(array.device) if is_cupy_array(array) else None

    @property
    def xp(self) -> ModuleType:
        return _import_cupy()  # not kept: modules can be neither pickled nor copied, devices can

    @property
    def device(self) -> Any:
        """CuPy's object for this device."""
        return self.xp.cuda.Device(self.device_id)

    def send_array(self, array: Array) -> Array:
        if is_cupy_array(array) and array.device.id == self.device_id:
            return array.view(self.xp.ndarray) if type(array) is not self.xp.ndarray else array
        with self.device:
            return self.xp.asarray(array)

    def is_array_supported(self, array: Any) -> bool:
        return is_cupy_array(array) and array.device.id == self.device_id

    def create_context(self) -> contextlib.AbstractContextManager[Any]:
        return self.device

    def use(self) -> None:
        self.device.use()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} (cupy):{self.device_id}>"


def _import_cupy() -> ModuleType:
    try:
        return importlib.import_module("cupy")
    except ImportError as error:
        raise RuntimeError(
            "a GPU device needs CuPy, which cannot be imported "
            f"({error}): install dwbridge with its extra 'cuda13' (or 'cuda12')"
        ) from error


def _device_count(cupy: ModuleType) -> int:
    try:
        return cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise RuntimeError(f"CUDA is not available: {error}") from error
