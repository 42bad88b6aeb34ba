"""What a variable is without its gradient: an array in a cell, with a name and a node."""

from __future__ import annotations

from typing import Any

import numpy as np

from dwbridge.autograd.array_report import printed
from dwbridge.autograd.variable_node import VariableNode
from dwbridge.backend import Array, CpuDevice, Device, get_device_from_array


class ArrayHolder:
    """Holds an array, and answers for its shape, type and place."""

    #: One cell, which copies made by copy.copy share: initialising a parameter initialises its shares too.
    _data: list[Any]
    _node: VariableNode

    @property
    def array(self) -> Array:
        """The array (None if there is none)."""
        return self._data[0]

    @array.setter
    def array(self, array: Array | None) -> None:
        self._data[0] = array
        self._node.set_array(array)

    data = array

    @property
    def xp(self) -> Any:
        """The array library of this variable."""
        return self.device.xp

    @property
    def device(self) -> Device:
        """Where the array lives."""
        return CpuDevice() if self.array is None else get_device_from_array(self.array)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def size(self) -> int:
        return self.array.size

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    def __len__(self) -> int:
        return len(self.array)

    def item(self) -> Any:
        """The one element, as a Python number."""
        return self.array.item()

    @property
    def name(self) -> str | None:
        return self._node.name

    @name.setter
    def name(self, name: str | None) -> None:
        self._node.name = name

    @property
    def label(self) -> str:
        """Shape and dtype, for people."""
        return self._node.label

    def __repr__(self) -> str:
        return printed(self.array, self.name, ", ")

    def __str__(self) -> str:
        return printed(self.array, self.name, " ")

    def summary(self) -> str:
        """`<variable NAME>`, or where it lies in memory if it has no name."""
        return f"<variable {self.name}>" if self.name else f"<variable at 0x{id(self):x}>"
