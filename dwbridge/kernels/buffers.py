"""Buffers: memory for arrays that are made, dropped and made again, in every step of a training.

The C library gives large blocks back to the system when they are freed, and the system hands out pages that must be
cleared and mapped anew: 3 us for each 4 KB. On activations of 1 to 10 MB this costs more than filling them. Making and
filling what a training step of MobileNetV2 needs (96 x 96, 16 images, float32: what 34 convolutions and as many
normalisations put out, and the gradients) takes 45 ms with `numpy.empty` and 13 ms from here; the process's peak of
memory is 124 and 126 MB (one core of a Zen 3 server, glibc 2.36).

`empty` returns an ordinary array, whose memory lies in a segment that the pool has mapped. It comes back when the array
and all views of it are gone, in whatever thread that happens, and joins what is free beside it: the next array may have
any size. Pages that no array uses are given back to the system as soon as those in use and unused together are more
than were ever in use at once; so a program's peak of memory stays what it is with `numpy.empty`. `release` gives all
unused pages back. `config.reuse_buffers` = False makes `empty` the same as `numpy.empty`, and so does a system without
`mmap` and `madvise`.

Such an array does not own its data: `flags.owndata` is False, `base` is not None, `resize` raises. It pickles and
copies like any other. Its memory begins at a page.
"""

from __future__ import annotations

import bisect
import collections
import contextlib
import math
import mmap
import os
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dwbridge.configuration import config

#: Smaller arrays are left to NumPy and to the C library, which keeps their memory itself.
SMALLEST = 1 << 18
PAGE = 4096
#: Bytes of a segment's addresses; memory is taken only where arrays are written to.
SEGMENT = 1 << 28
AVAILABLE = hasattr(mmap, "MAP_PRIVATE") and hasattr(mmap.mmap, "madvise")


class _Hole(NamedTuple):
    """Addresses start .. end of a segment are free. The system has given no pages from `clean` on."""

    start: int
    clean: int
    end: int


class _Segment:
    """Mapped addresses and the holes between the arrays, in ascending order, no two of them side by side."""

    def __init__(self, size: int) -> None:
        self.map = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        with contextlib.suppress(OSError, AttributeError):  # a kernel without huge pages
            self.map.madvise(mmap.MADV_HUGEPAGE)
        self.address = np.frombuffer(self.map, np.uint8).__array_interface__["data"][0]
        self.holes = [_Hole(0, 0, size)]

    def take(self, size: int) -> tuple[int, int] | None:
        """The first place that is free, and how many unused pages' bytes it takes into use."""
        for i, (start, clean, end) in enumerate(self.holes):
            if end - start >= size:
                rest = _Hole(start + size, max(clean, start + size), end)
                self.holes[i : i + 1] = [rest] if rest.start < end else []
                return start, min(clean - start, size)
        return None

    def put(self, start: int, size: int) -> int:
        """Frees a place and joins it with the holes beside it. Returns by how much there are more bytes unused."""
        i = bisect.bisect(self.holes, (start,))
        beside = [h for h in self.holes[max(0, i - 1) : i + 1] if h.end == start or h.start == start + size]
        first = i - 1 if beside and beside[0].end == start else i
        last = beside[-1] if beside and beside[-1].start == start + size else None
        hole = _Hole(beside[0].start if first < i else start, last.clean if last else start + size,
                     last.end if last else start + size)  # fmt: skip
        self.holes[first : first + len(beside)] = [hole]
        return hole.clean - hole.start - sum(h.clean - h.start for h in beside)

    def give_back(self, most: int) -> int:
        """Gives up to `most` unused bytes back to the system, those first where arrays come last. Returns how many."""
        given = 0
        for i in range(len(self.holes) - 1, -1, -1):
            start, clean, end = self.holes[i]
            count = min(clean - start, most - given)
            if count > 0:
                self.map.madvise(mmap.MADV_DONTNEED, clean - count, count)
                self.holes[i] = _Hole(start, clean - count, end)
                given += count
        return given


class _Place(NamedTuple):
    segment: _Segment
    start: int
    size: int


class _Lease:
    """A place while arrays use it: NumPy keeps it as their base. Its end may come in any thread, at any time."""

    __slots__ = ("__array_interface__", "place", "returned")

    def __init__(self, place: _Place, returned: collections.deque[_Place]) -> None:
        self.place, self.returned = place, returned

    def array(self, shape: tuple[int, ...], kind: str) -> np.ndarray:
        address = self.place.segment.address + self.place.start
        self.__array_interface__ = {"data": (address, False), "shape": shape, "typestr": kind, "version": 3}
        return np.asarray(self)

    def __del__(self) -> None:
        self.returned.append(self.place)  # no lock: the pool may be at work in this very thread


class _Pool:
    """Segments. `live`, `kept` and `peak` are bytes in use, unused, and most in use at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.returned: collections.deque[_Place] = collections.deque()
        self.segments: list[_Segment] = []
        self.live = self.kept = self.peak = 0

    def take(self, size: int) -> _Lease:
        whole = -(-size // PAGE) * PAGE
        with self.lock:
            place = self._last_returned(whole)
            if place:
                return _Lease(place, self.returned)
            self._sort()
            place = self._find(whole)
            self.live += whole
            self.peak = max(self.peak, self.live)
            self._give_back(self.live + self.kept - self.peak)
        return _Lease(place, self.returned)

    def _last_returned(self, size: int) -> _Place | None:
        """The place that came back last, if it has just this size: a loop over equal steps takes it again at once."""
        try:
            place = self.returned.pop()
        except IndexError:
            return None
        if place.size == size:
            return place
        self.returned.append(place)
        return None

    def _sort(self) -> None:
        """Takes back what has been returned since."""
        while self.returned:
            segment, start, size = self.returned.popleft()
            self.kept += segment.put(start, size)
            self.live -= size
        # A place between two holes may bring pages into use that lay clean in the first.
        self._give_back(self.live + self.kept - self.peak)

    def _find(self, size: int) -> _Place:
        for segment in self.segments:
            found = segment.take(size)
            if found:
                self.kept -= found[1]
                return _Place(segment, found[0], size)
        self.segments.append(_Segment(max(SEGMENT, size)))
        return self._find(size)

    def _give_back(self, most: int) -> None:
        for segment in reversed(self.segments):
            if most > 0:
                given = segment.give_back(most)
                self.kept -= given
                most -= given

    def release(self) -> int:
        with self.lock:
            self._sort()
            before, self.peak = self.kept, self.live
            self._give_back(self.kept)
            self.segments = [s for s in self.segments if s.holes != [_Hole(0, 0, len(s.map))]]
        return before


_pool = _Pool()


def _start_anew() -> None:
    global _pool  # the parent's lock may be held by a thread that a forked child does not have
    _pool = _Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def empty(shape: Sequence[int], dtype: Any) -> np.ndarray:
    """A contiguous array that is not initialised, as `numpy.empty` makes it; large ones in memory that was used before.

    Args:
        shape: its shape.
        dtype: its dtype. Arrays of Python objects are NumPy's.

    Example:
        >>> x = empty((16, 96, 48, 48), np.float32)
        >>> address = x.ctypes.data
        >>> del x
        >>> empty((16, 96, 48, 48), np.float32).ctypes.data == address
        True
    """
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < SMALLEST or dtype.hasobject or not AVAILABLE or not config.reuse_buffers:
        return np.empty(shape, dtype)
    try:
        lease = _pool.take(size)
    except OSError:  # there are no addresses left; NumPy knows what to raise
        return np.empty(shape, dtype)
    if dtype.isbuiltin == 1:
        return lease.array(tuple(shape), dtype.str)
    return lease.array((size,), "|u1").view(dtype).reshape(shape)


def release() -> int:
    """Gives back all memory that no array uses, and forgets how much was in use. Returns how many bytes it was."""
    return _pool.release()


def kept_bytes() -> int:
    """Bytes that no array uses and that are kept for the next ones."""
    with _pool.lock:
        _pool._sort()
        return _pool.kept
