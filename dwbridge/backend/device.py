"""What a device is, and the two that compute with NumPy.

A device is named `@numpy`, `@intel64`, `@cupy:0` or, in ChainerX's names, `native:0`, `cuda:0`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import ModuleType
from typing import Any, ClassVar, NoReturn

import numpy as np

from dwbridge.backend.arrays import Array, is_cupy_array
from dwbridge.backend.tagged import Tagged


class Device:
    """A place for arrays. Devices of one name are equal."""

    name: str

    @property
    def xp(self) -> ModuleType:
        """The array library of this device."""
        raise NotImplementedError

    @property
    def supported_array_types(self) -> tuple[type, ...]:
        """The types of arrays that live here."""
        return (self.xp.ndarray,)

    def send_array(self, array: Array) -> Array:
        """One array on this device: itself if it is there already, memory shared where it can be, a copy otherwise.

        Raises:
            TypeError: if it is neither an array nor a scalar.
        """
        raise NotImplementedError

    def send(self, arrays: Any) -> Any:
        """An array, or a list or tuple of them, on this device; None stays None.

        What is in the list twice is sent once. See `send_array`.
        """
        return convert_arrays(arrays, self.send_array)

    def is_array_supported(self, array: Any) -> bool:
        """Whether this device computes on the array as it is."""
        return isinstance(array, self.supported_array_types)

    def create_context(self) -> contextlib.AbstractContextManager[Any]:
        """A `with` block in which this device is its library's current one; see `using_device`."""
        return contextlib.nullcontext()

    def use(self) -> None:
        """Makes this device its library's current one, in this thread."""

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} ({self.name.removeprefix('@')})>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __enter__(self) -> NoReturn:
        raise RuntimeError(f"a device is no context manager: use `with using_device('{self.name}'):`")

    def __exit__(self, *_: Any) -> None:
        """Never called: `__enter__` raises."""


class CpuDevice(Device):
    """Main memory, through NumPy."""

    name = "@numpy"

    @property
    def xp(self) -> ModuleType:
        return np

    @staticmethod
    def from_array(array: Any) -> CpuDevice | None:
        """The device of a plain NumPy array, None for anything else."""
        plain = isinstance(array, np.ndarray) and not isinstance(array, Tagged)
        return CpuDevice() if plain else None

    def send_array(self, array: Array) -> np.ndarray:
        if is_cupy_array(array):
            return array.get()
        if isinstance(array, np.ndarray) or np.isscalar(array):
            return np.asarray(array)  # a view with a ChainerX name becomes a plain one
        raise TypeError(f"expected an array or a scalar to send to {self}, got {type(array).__name__}")


class Intel64Device(CpuDevice):
    """Main memory, through NumPy and iDeep. iDeep is Chainer's accelerator of 2018; nothing here computes with it.

    Raises:
        RuntimeError: always, as in Chainer where iDeep is not installed.
    """

    name = "@intel64"

    #: what Chainer's code asks before it tries
    available: ClassVar[bool] = False

    def __init__(self) -> None:
        raise RuntimeError("iDeep is not available: use the device '@numpy', which computes the same")

    @staticmethod
    def from_array(array: Any) -> None:
        """None: there are no arrays of iDeep."""


def convert_arrays(arrays: Any, convert: Callable[[Array], Array]) -> Any:
    """An array, or a list or tuple of arrays, converted; one that occurs twice is converted once, None stays None."""
    if arrays is None:
        return None
    if not isinstance(arrays, list | tuple):
        return convert(arrays)
    done: dict[int, Any] = {}
    for array in arrays:
        if id(array) not in done:
            done[id(array)] = None if array is None else convert(array)
    return type(arrays)([done[id(array)] for array in arrays])
