"""Which device is meant: from what a person writes, and from arrays."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import numpy as np

from dwbridge.backend.arrays import Array
from dwbridge.backend.chainerx import ChainerxDevice
from dwbridge.backend.device import CpuDevice, Device, Intel64Device
from dwbridge.backend.gpu_device import GpuDevice


def get_device(specifier: Any) -> Device:
    """The device that a specifier means.

    Args:
        specifier: one of these:

            - a `Device`, or CuPy's object for a CUDA device
            - an integer, or one as a string: negative: the CPU; otherwise that CUDA device
            - `'@numpy'`, `'@cupy:N'`
            - `'native:N'` or `'cuda:N'`, ChainerX's names for the same places; see `ChainerxDevice`
            - `'@intel64'`, which is understood and not there

    Raises:
        ValueError: if a string that starts with '@' is no device's name.
        TypeError: if the specifier is of another kind.
        RuntimeError: if the device is not there, or a string without '@' is none of ChainerX's names.

    Example:
        >>> get_device('@numpy'), get_device(-1), get_device('native:0')
        (<CpuDevice (numpy)>, <CpuDevice (numpy)>, <ChainerxDevice native:0>)
    """
    if isinstance(specifier, Device):
        return specifier
    if isinstance(specifier, str):
        return _named(specifier)
    if _is_cupy_device(specifier):
        return GpuDevice(specifier)
    if isinstance(specifier, int | np.integer):
        return _numbered(int(specifier))
    raise TypeError(f"a device specifier is a Device, an integer or a string, got {type(specifier).__name__}")


def _numbered(number: int) -> Device:
    return CpuDevice() if number < 0 else GpuDevice.from_device_id(number)


def _named(name: str) -> Device:
    with contextlib.suppress(ValueError):
        return _numbered(int(name))
    if not name.startswith("@"):
        return ChainerxDevice(name)
    if name == "@numpy":
        return CpuDevice()
    if name == "@intel64":
        return Intel64Device()
    library, _, number = name.partition(":")
    if library == "@cupy" and number.isdecimal():
        return GpuDevice.from_device_id(int(number))
    raise ValueError(f"expected '@numpy', '@cupy:N', '@intel64' or an integer as device, got {name!r}")


def _is_cupy_device(value: Any) -> bool:
    cupy = sys.modules.get("cupy")
    return cupy is not None and isinstance(value, cupy.cuda.Device)


def get_device_from_array(*arrays: Array) -> Device:
    """The device of the first array that is more than a NumPy array: on a GPU, or with a ChainerX name.

    The CPU if there is none such. Variables are not looked into: give `x.array`.
    """
    for array in arrays:
        device = ChainerxDevice.from_array(array) or GpuDevice.from_array(array)
        if device is not None:
            return device
    return CpuDevice()


def using_device(specifier: Any) -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which a device is its library's current one: where CuPy makes new arrays.

    Args:
        specifier: see `get_device`, whose errors this raises too.

    Example:
        >>> with using_device('@numpy'):
        ...     pass
    """
    return get_device(specifier).create_context()
