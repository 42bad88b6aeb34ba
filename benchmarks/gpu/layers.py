"""What is measured of a depthwise layer: everybody's seconds, and whether everybody computes the same."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from dwbridge.cli.bench.shapes import Shape
from gpu import own
from gpu import torch as peer
from gpu.attempts import attempts, medians
from gpu.clock import Call, Clock
from gpu.shapes import OPERATIONS, copies, least_bytes

#: Calls of a burst; how far two outputs may be apart, in the largest size.
CALLS, TOLERANCES = 10, {"float32": 1e-3, "float16": 2e-2}


class Layer(NamedTuple):
    """A depthwise layer, as it is measured."""

    batch: int
    dtype: str
    shape: Shape

    @property
    def label(self) -> str:
        return f"{self.dtype}, batch {self.batch}, {self.shape.label}"


def measured(cupy: Any, torch: Any, clock: Clock, layer: Layer, cache: int, count: int) -> list[dict[str, Any]]:
    """A row for each operation."""
    batch, dtype, shape = layer
    sets = copies(least_bytes("forward", shape, batch, dtype), cache)
    everybody, failed = made(cupy, torch, layer, sets)
    rows = []
    for operation in OPERATIONS:
        calls, without = {name: each[operation] for name, each in everybody.items()}, dict(failed)
        row = {
            "shape": shape.label,
            "kernel": shape.kernel,
            "stride": shape.stride,
            "batch": batch,
            "dtype": dtype,
            "operation": operation,
            "bytes": least_bytes(operation, shape, batch, dtype),
            "wrong": differing(cupy, calls, dtype, without),
            "seconds": seconds(clock, calls, sets, count, without),
        }
        rows.append(row | {"failed": without})
    return rows


def made(cupy: Any, torch: Any, layer: Layer, sets: int) -> tuple[dict[str, dict[str, Call]], dict[str, str]]:
    """Everybody's calls on the same arrays, and who has none because of which error."""
    batch, dtype, shape = layer
    failed: dict[str, str] = {}
    draw = {"dwbridge": lambda: [own.arrays(cupy, shape, batch, dtype) for _ in range(sets)]}
    for arrays in attempts(draw, failed).values():
        makers: dict[str, Callable[[], dict[str, Call]]] = {"dwbridge": functools.partial(own.calls, arrays, shape)}
        if torch is not None:
            makers |= {f"torch {way}": functools.partial(peer.calls, torch, arrays, shape, way) for way in peer.WAYS}
        return attempts(makers, failed), failed
    return {}, failed


def differing(cupy: Any, calls: dict[str, Call], dtype: str, failed: dict[str, str]) -> list[str]:
    """Those whose output is not dwbridge's, within rounding."""

    def output(call: Call) -> Any:
        y = cupy.asarray(call(0)).astype("float32")
        cupy.cuda.get_current_stream().synchronize()  # what fails on the device fails here
        return y

    outputs = attempts({name: functools.partial(output, call) for name, call in calls.items()}, failed)
    if "dwbridge" not in outputs:
        return []
    first = outputs["dwbridge"]
    limit = TOLERANCES[dtype] * float(abs(first).max())

    def is_near(y: Any) -> bool:
        return float(abs(y.reshape(first.shape) - first).max()) <= limit

    near = attempts({name: functools.partial(is_near, y) for name, y in outputs.items()}, failed)
    return [name for name, same in near.items() if not same]


def seconds(clock: Clock, calls: dict[str, Call], sets: int, count: int, failed: dict[str, str]) -> dict[str, float]:
    """The median over the rounds of the time that a call takes those who did not fail."""

    def warm(call: Call) -> None:
        for i in range(sets):
            call(i)  # compiles, and searches for the fastest algorithm

    number = max(CALLS, sets)
    warmers = {name: functools.partial(warm, call) for name, call in calls.items() if name not in failed}
    ready = attempts(warmers, failed)
    bursts = {name: functools.partial(clock.burst, calls[name], sets, number) for name in ready}
    return medians(bursts, count, failed)
