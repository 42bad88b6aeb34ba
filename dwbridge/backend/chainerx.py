"""ChainerX's names for NumPy's and CuPy's arrays.

ChainerX is gone, its contract is not: `to_chx` gives an array that says it lives on `native:0` (or `cuda:N`), computes
like the array it was made from, and is the same memory; `from_chx` takes the name off again. Nothing is ever copied.
"""

from __future__ import annotations

import contextlib
from types import ModuleType
from typing import Any

from dwbridge.backend.arrays import Array, is_array, is_cupy_array
from dwbridge.backend.device import CpuDevice, Device, convert_arrays
from dwbridge.backend.gpu_device import GpuDevice
from dwbridge.backend.tagged import Tagged, tagged, tagged_type, untagged


class ChainerxDevice(Device):
    """A device by its ChainerX name: `native:0` is main memory, `cuda:N` the CUDA device N.

    Args:
        name: `'native:N'` or `'cuda:N'`; without a number, number 0.

    Attributes:
        fallback_device (Device): the device whose memory and library it is.

    Raises:
        RuntimeError: if the name is none of ChainerX's, or the CUDA device is not there.

    Example:
        >>> device = ChainerxDevice('native')
        >>> device, device.fallback_device
        (<ChainerxDevice native:0>, <CpuDevice (numpy)>)
    """

    def __init__(self, name: str) -> None:
        backend, _, number = name.partition(":")
        if backend not in ("native", "cuda") or not (number or "0").isdecimal():
            raise RuntimeError(f"expected 'native:N' or 'cuda:N' as ChainerX's device, got {name!r}")
        self.name = f"{backend}:{int(number or 0)}"
        self.fallback_device: Device = (
            CpuDevice() if backend == "native" else GpuDevice.from_device_id(int(number or 0))
        )

    @staticmethod
    def from_array(array: Any) -> ChainerxDevice | None:
        """The device of an array with a ChainerX name, None for anything else."""
        return ChainerxDevice(array.device_name) if isinstance(array, Tagged) else None

    @staticmethod
    def from_fallback_device(device: Device) -> ChainerxDevice:
        """ChainerX's name for the CPU or a GPU.

        Raises:
            RuntimeError: for any other device.
        """
        if isinstance(device, GpuDevice):
            return ChainerxDevice(f"cuda:{device.device_id}")
        if type(device) is CpuDevice:
            return ChainerxDevice("native:0")
        raise RuntimeError(f"only CPU and GPU devices have ChainerX's names, got {device}")

    @property
    def xp(self) -> ModuleType:
        """The library that really computes, `numpy` or `cupy`: there is no module `chainerx`."""
        return self.fallback_device.xp

    @property
    def supported_array_types(self) -> tuple[type, ...]:
        return (tagged_type(self.xp),)

    def is_array_supported(self, array: Any) -> bool:
        return isinstance(array, Tagged) and array.device_name == self.name

    def send_array(self, array: Array) -> Array:
        if self.is_array_supported(array):
            return array
        return tagged(self.fallback_device.send_array(array), self.name)

    def create_context(self) -> contextlib.AbstractContextManager[Any]:
        return self.fallback_device.create_context()

    def use(self) -> None:
        self.fallback_device.use()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


def with_chainerx_name(device: Device) -> ChainerxDevice:
    """The device under its ChainerX name: itself if that is what it has."""
    return device if isinstance(device, ChainerxDevice) else ChainerxDevice.from_fallback_device(device)


def without_chainerx_name(device: Device) -> Device:
    """The device that a ChainerX name stands for; another device itself."""
    return device.fallback_device if isinstance(device, ChainerxDevice) else device


def to_chx(arrays: Any) -> Any:
    """An array, or a list or tuple of arrays, under ChainerX names, on the devices where they are; nothing is copied.

    Raises:
        TypeError: for what is neither an array nor a scalar.

    Example:
        >>> import numpy as np
        >>> x = np.zeros(3)
        >>> np.shares_memory(to_chx(x), x)
        True
    """
    return convert_arrays(arrays, _to_chx)


def from_chx(arrays: Any) -> Any:
    """An array, or a list or tuple of arrays, without ChainerX names; nothing is copied.

    Raises:
        TypeError: for what is no array.
    """
    return convert_arrays(arrays, _from_chx)


def _to_chx(array: Any) -> Array:
    if isinstance(array, Tagged):
        return array
    device = GpuDevice(array.device) if is_cupy_array(array) else CpuDevice()
    return ChainerxDevice.from_fallback_device(device).send_array(array)


def _from_chx(array: Any) -> Array:
    if not is_array(array):
        raise TypeError(f"expected an array to take ChainerX's name off, got {type(array).__name__}")
    return untagged(array)


#: as the first versions called them
to_chainerx = to_chx
from_chainerx = from_chx
