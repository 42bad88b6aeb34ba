"""Devices, and the module `cupy.cuda` around them."""

from __future__ import annotations

import types
from typing import Any

from simulated_gpu.transfers import note


class CUDARuntimeError(RuntimeError):
    """What CuPy raises for errors of CUDA."""


class CompileException(Exception):
    """What CuPy raises for a source that does not compile."""


class Device:
    """A device; `with` makes it the current one."""

    count = 2
    current = 0

    def __init__(self, number: Any = None) -> None:
        self.id = Device.current if number is None else int(getattr(number, "id", number))
        self.compute_capability = "90"
        self.mem_info = 6 << 30, 8 << 30

    def __enter__(self) -> Device:
        self._before = Device.current
        Device.current = self.id
        return self

    def __exit__(self, *_: object) -> None:
        Device.current = self._before

    def __int__(self) -> int:
        return self.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and other.id == self.id

    def __hash__(self) -> int:
        return self.id

    def use(self) -> None:
        Device.current = self.id

    def synchronize(self) -> None:
        note("synchronize")


class Stream:
    """A stream: what is launched is done."""

    def __init__(self, null: bool = False, non_blocking: bool = False) -> None:
        self.ptr = 0

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def synchronize(self) -> None:
        note("synchronize")


class Event:
    """A moment of a stream."""

    def record(self, stream: Any = None) -> None:
        pass

    def synchronize(self) -> None:
        note("synchronize")


def cuda() -> types.SimpleNamespace:
    """The module `cupy.cuda`."""
    runtime = types.SimpleNamespace(
        CUDARuntimeError=CUDARuntimeError,
        getDevice=lambda: Device.current,
        getDeviceCount=lambda: Device.count,
        getDeviceProperties=lambda number: {
            "name": b"Simulated GPU",
            "totalGlobalMem": 8 << 30,
            "l2CacheSize": 1 << 10,
        },
        runtimeGetVersion=lambda: 13020,
        driverGetVersion=lambda: 13020,
    )
    stream = Stream()
    return types.SimpleNamespace(
        Device=Device,
        Event=Event,
        Stream=Stream,
        compiler=types.SimpleNamespace(CompileException=CompileException),
        get_current_stream=lambda: stream,
        get_elapsed_time=lambda start, end: 1.0,
        is_available=lambda: True,
        nvrtc=types.SimpleNamespace(getVersion=lambda: (13, 5)),
        runtime=runtime,
    )


class MemoryPool:
    """The default memory pool, which has given out nothing."""

    def used_bytes(self) -> int:
        return 0

    def total_bytes(self) -> int:
        return 0

    def n_free_blocks(self) -> int:
        return 0

    def free_all_blocks(self) -> None:
        pass
