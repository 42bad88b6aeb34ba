"""The peers that are installed beside dwbridge, measured in this one process."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import time
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from dwbridge.cli.bench.burst import burst
from dwbridge.cli.bench.rounds import rounds, wait_until_quiet
from dwbridge.cli.bench.rows import Row, row
from dwbridge.cli.bench.shapes import Shape

#: name -> file in `dwbridge.cli.bench.peers`, and the package that it needs
PEERS = {
    "dwbridge": ("native", "numpy"),
    "copy": ("plain_copy", "numpy"),
    "torch": ("torch", "torch"),
    "onnxruntime": ("onnxruntime", "onnxruntime"),
}
OPERATIONS = ("forward", "backward")
#: Seconds of a burst.
SECONDS = 0.003


def present() -> dict[str, ModuleType]:
    """Everybody whose package is installed."""
    return {
        name: importlib.import_module(f"dwbridge.cli.bench.peers.{file}")
        for name, (file, package) in PEERS.items()
        if importlib.util.find_spec(package) is not None
    }


def start(threads: int) -> tuple[dict[str, ModuleType], dict[str, str]]:
    """Those that run here, ready for so many threads; and for the others the reason why they do not."""
    peers, absent = present(), {}
    absent = {name: "not installed" for name in PEERS if name not in peers}
    for name, peer in list(peers.items()):
        try:
            peer.versions()
            peer.start(threads)
        except Exception as error:  # whatever a broken installation raises
            absent[name] = f"{type(error).__name__}: {error}"
            del peers[name]
    return peers, absent


def measured(peers: dict[str, ModuleType], shape: Shape, batch: int, threads: int, count: int) -> list[Row]:
    """A row for each operation."""
    arrays = shape.arrays(batch)
    calls = {
        (name, operation): call
        for name, peer in peers.items()
        for operation, call in peer.calls(arrays, shape.stride, shape.pad, threads).items()
        if not operation.endswith("/function")
    }
    _warm(calls.values())
    times = rounds({key: functools.partial(_burst, call) for key, call in calls.items()}, count)
    return [row(operation, times, shape, batch, threads) for operation in OPERATIONS]


def _warm(calls: Iterable[Callable[[], Any]]) -> None:
    """The first call of each, in which kernels may be compiled."""
    for call in calls:
        call()


def _burst(call: Callable[[], Any]) -> float:
    fastest = min(burst(call, SECONDS))
    wait_until_quiet(time.process_time)
    return fastest
