"""Devices: where arrays live, and how they get there.

A device is named `@numpy` or `@cupy:0`. CuPy is imported when a GPU device is first used, never before.
"""

from __future__ import annotations

import importlib
import operator
from types import ModuleType
from typing import Any

import numpy as np

from dwbridge.backend.arrays import Array, is_cupy_array


class Device:
    """A place for arrays. Devices of one name are equal."""

    name: str

    @property
    def xp(self) -> ModuleType:
        """The array library of this device."""
        raise NotImplementedError

    def send(self, array: Array) -> Array:
        """The array on this device: itself if it is there already, a copy otherwise."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} ({self.name.removeprefix('@')})>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


class CpuDevice(Device):
    """Main memory, through NumPy."""

    name = "@numpy"

    @property
    def xp(self) -> ModuleType:
        return np

    def send(self, array: Array) -> np.ndarray:
        return array.get() if is_cupy_array(array) else np.asarray(array)


class GpuDevice(Device):
    """One CUDA device, through CuPy.

    Raises:
        RuntimeError: if CuPy cannot be imported, or finds no such device.
    """

    def __init__(self, device_id: int = 0) -> None:
        self.device_id = device_id
        self.name = f"@cupy:{device_id}"
        self._cupy = _import_cupy()
        try:
            count = self._cupy.cuda.runtime.getDeviceCount()
        except self._cupy.cuda.runtime.CUDARuntimeError as error:
            raise RuntimeError(f"CUDA is not available: {error}") from error
        if not 0 <= device_id < count:
            raise RuntimeError(f"there is no CUDA device {device_id}: this machine has {count}")

    @property
    def xp(self) -> ModuleType:
        return self._cupy

    def send(self, array: Array) -> Array:
        if is_cupy_array(array) and array.device.id == self.device_id:
            return array
        with self._cupy.cuda.Device(self.device_id):
            return self._cupy.asarray(array)


def _import_cupy() -> ModuleType:
    try:
        return importlib.import_module("cupy")
    except ImportError as error:
        raise RuntimeError(
            "a GPU device needs CuPy, which cannot be imported "
            f"({error}): install dwbridge with its extra 'cuda13' (or 'cuda12')"
        ) from error


def get_device(specifier: Any) -> Device:
    """The device that a specifier means.

    Args:
        specifier: a `Device`; an integer (negative: CPU; otherwise that CUDA device); or one of `'@numpy'`,
            `'@cupy:N'`, or an integer as a string.

    Raises:
        ValueError: if a string is no device's name.
        TypeError: if the specifier is of another kind.
        RuntimeError: if the device is a GPU that is not there.

    Example:
        >>> get_device('@numpy')
        <CpuDevice (numpy)>
    """
    if isinstance(specifier, Device):
        return specifier
    if isinstance(specifier, str):
        return _parse_device(specifier)
    try:
        device_id = operator.index(specifier)
    except TypeError:
        raise TypeError(
            f"a device specifier is a Device, an integer or a string, got {type(specifier).__name__}"
        ) from None
    return CpuDevice() if device_id < 0 else GpuDevice(device_id)


def _parse_device(name: str) -> Device:
    if name == "@numpy":
        return CpuDevice()
    module, colon, number = name.partition(":")
    if module == "@cupy" and colon and number.isdigit():
        return GpuDevice(int(number))
    if name.lstrip("-").isdigit():
        return get_device(int(name))
    raise ValueError(f"expected '@numpy', '@cupy:N' or an integer as device, got {name!r}")


def get_device_from_array(*arrays: Array) -> Device:
    """The device of the first array that lives on a GPU, the CPU otherwise."""
    for array in arrays:
        if is_cupy_array(array):
            return GpuDevice(array.device.id)
    return CpuDevice()
