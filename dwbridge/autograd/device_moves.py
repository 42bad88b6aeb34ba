"""Moves of a variable by the names of methods: each is `to_device` to one kind of device."""

from __future__ import annotations

from typing import Any

from dwbridge.backend import CpuDevice, Device, GpuDevice, Intel64Device, with_chainerx_name, without_chainerx_name


class DeviceMoves:
    """What moves to a device moves to each kind of device."""

    @property
    def device(self) -> Device:
        """Where it lives."""
        raise NotImplementedError

    def to_device(self, device: Any) -> None:
        """Moves, in place. See `get_device` for what names a device."""
        raise NotImplementedError

    def to_cpu(self) -> None:
        """Moves to main memory, in place."""
        self.to_device(CpuDevice())

    def to_gpu(self, device: Any = None) -> None:
        """Moves to a CUDA device, in place: its number, or CuPy's object for it; None for CuPy's current device.

        Raises:
            RuntimeError: if CuPy or the device is not there.
        """
        self.to_device(GpuDevice.current() if device is None else GpuDevice(device))

    def to_intel64(self) -> None:
        """Raises RuntimeError: iDeep is not there."""
        self.to_device(Intel64Device())

    def to_chx(self) -> None:
        """Gives array and gradient ChainerX's names for where they are, in place and without a copy."""
        self.to_device(with_chainerx_name(self.device))

    def from_chx(self) -> None:
        """Takes ChainerX's names off array and gradient, in place and without a copy."""
        plain = without_chainerx_name(self.device)
        if plain != self.device:
            self.to_device(plain)

    def to_chainerx(self) -> None:
        """`to_chx`, as the first versions called it."""
        self.to_chx()

    def from_chainerx(self) -> None:
        """`from_chx`, as the first versions called it."""
        self.from_chx()
