"""Kernels' arguments: arrays are handed over in memory of their own, between margins that nobody may touch.

The margins are not a number in any floating type, so what is read there shows in the result. Memory that nobody wrote
is not a number either, and another one: who copies it into a margin is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulated_gpu.allocations import allocation_at, root
from simulated_gpu.array import ndarray, plain
from simulated_gpu.sources import Pointer

#: Bytes before and behind, and what memory begins at a multiple of, as CuPy's does.
MARGIN = 512
#: Bytes of a NaN in 16, 32 and 64 bits.
NAN = np.array([0xFF, 0xFF, 0xFF, 0x7F], np.uint8)


class Guarded:
    """The memory of one allocation, copied between margins."""

    def __init__(self, memory: np.ndarray) -> None:
        self.memory = memory.reshape(-1, order="A").view(np.uint8)
        self.margins = np.resize(NAN, -(-self.memory.size // 4) * 4 + 3 * MARGIN)
        whole = self.margins.copy()
        begin = MARGIN + -whole.ctypes.data % MARGIN
        self.whole, self.inside = whole, slice(begin, begin + self.memory.size)
        whole[self.inside] = self.memory

    @property
    def address(self) -> int:
        return self.whole.ctypes.data + self.inside.start

    def give_back(self) -> bool:
        """Copies what is in memory now; False if a margin changed."""
        self.memory[...] = self.whole[self.inside]
        self.whole[self.inside] = self.margins[self.inside]
        return bool((self.whole == self.margins).all())


class Arguments:
    """A kernel's arguments, as CuPy takes them: arrays by address, NumPy's scalars by value.

    CuPy takes arrays of size one by value as well, but seven microseconds for it: a struct has to be a scalar.

    Raises:
        TypeError: for anything else.
    """

    def __init__(self, args: Sequence[Any]) -> None:
        self._guarded: dict[int, Guarded] = {}
        self.given = [self._given(arg) for arg in args]

    def _given(self, value: Any) -> Any:
        if value is None:
            return Pointer(0)
        if isinstance(value, ndarray):
            allocation, offset = root(plain(value))
            return Pointer(self._guard(allocation).address + offset)
        if isinstance(value, np.void):
            return self._struct(value)
        if isinstance(value, np.generic):
            return value
        raise TypeError(
            f"expected an array of the device, a NumPy scalar or None as a kernel's argument, got {value!r}"
        )

    def _struct(self, value: np.void) -> np.ndarray:
        """A struct by value, in which unsigned numbers of 64 bits are addresses of arrays, or 0."""
        given = np.array(value)
        for name in value.dtype.names:
            if value.dtype[name].base == np.uint64:
                part = given[name]
                part.flat = [self._address(int(address)) for address in part.flat]
        return given

    def _address(self, address: int) -> int:
        if not address:
            return 0
        allocation, offset = allocation_at(address)
        return self._guard(allocation).address + offset

    def _guard(self, allocation: np.ndarray) -> Guarded:
        if id(allocation) not in self._guarded:
            self._guarded[id(allocation)] = Guarded(allocation)
        return self._guarded[id(allocation)]

    def give_back(self) -> None:
        """Gives the arrays what the kernel wrote.

        Raises:
            RuntimeError: if it wrote beside them.
        """
        given_back = [guarded.give_back() for guarded in self._guarded.values()]
        if not all(given_back):
            raise RuntimeError("a kernel wrote beside its arrays")
