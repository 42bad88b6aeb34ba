"""Addresses on simulated devices, which are none of main memory: a kernel that is given another one is found out."""

from __future__ import annotations

import itertools
import weakref

import numpy as np

#: allocations by the upper bits of their addresses, which have 64; those bits by the object
_ALLOCATIONS: weakref.WeakValueDictionary[int, np.ndarray] = weakref.WeakValueDictionary()
_NUMBERS: dict[int, int] = {}
_OFFSET_BITS = 36
_fresh = itertools.count(1)


class Memory:
    """`ndarray.data`. Allocations begin at multiples of 512 bytes."""

    def __init__(self, memory: np.ndarray, device_id: int) -> None:
        allocation, offset = root(memory)
        number = _NUMBERS.get(id(allocation), 0)
        if _ALLOCATIONS.get(number) is not allocation:
            number = _NUMBERS[id(allocation)] = next(_fresh)
            _ALLOCATIONS[number] = allocation
        self.device_id, self.ptr = device_id, (number << _OFFSET_BITS) + offset


def allocation_at(address: int) -> tuple[np.ndarray, int]:
    """The allocation that an address lies in, and the bytes before it."""
    return _ALLOCATIONS[address >> _OFFSET_BITS], address % (1 << _OFFSET_BITS)


def memory_at(address: int) -> np.ndarray:
    """The bytes of an allocation, from an address on."""
    allocation, offset = allocation_at(address)
    return allocation.reshape(-1, order="A").view(np.uint8)[offset:]


def root(memory: np.ndarray) -> tuple[np.ndarray, int]:
    """The allocation that an array is a part of, and where in it the array begins, in bytes."""
    allocation = memory
    while isinstance(allocation.base, np.ndarray):
        allocation = allocation.base
    return allocation, memory.ctypes.data - allocation.ctypes.data
