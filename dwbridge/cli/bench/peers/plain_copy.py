"""A plain copy that moves as many bytes as the operation has to: half of them are read, half are written.

`forward` moves the bytes of x and y, `backward` those of x, gy and gx. The target is there before, warm or not as the
caches will have it. With several threads each copies one part; `.../alone` is one thread, which for small arrays is
the faster.
"""

from __future__ import annotations

import concurrent.futures
import functools
from collections.abc import Callable
from typing import Any

import numpy as np


def versions() -> dict[str, str]:
    """Versions of what computes."""
    return {"numpy": np.__version__}


def start(threads: int) -> None:
    """Nothing: the threads come with the calls."""


def calls(arrays: dict[str, Any], stride: int, pad: int, threads: int) -> dict[str, Callable[[], Any]]:
    """`forward`, `backward`, and each `alone`."""
    x, y = arrays["x"].nbytes, arrays["gy"].nbytes
    made = {}
    for operation, moved in (("forward", x + y), ("backward", 2 * x + y)):
        made[operation] = copier(moved, threads)
        if threads > 1:
            made[f"{operation}/alone"] = copier(moved, 1)
    return made


def copier(moved: int, threads: int) -> Callable[[], Any]:
    """A call that reads and writes `moved` bytes in all."""
    count = moved // 8
    # Where the addresses of both are almost equal modulo 4096, loads wait for stores: ten times as slow.
    room = np.ones(2 * count + 2048, np.float32)
    gap = (512 - count) % 1024  # the target starts half a page behind a whole number of pages
    source, target = room[:count], room[count + gap : 2 * count + gap]
    if threads == 1:
        return lambda: np.copyto(target, source)
    parts = list(zip(np.array_split(target, threads), np.array_split(source, threads)))

    def call() -> None:
        others = [_pool(threads).submit(np.copyto, *part) for part in parts[1:]]
        np.copyto(*parts[0])
        concurrent.futures.wait(others)

    return call


@functools.cache
def _pool(threads: int) -> concurrent.futures.ThreadPoolExecutor:
    """The threads beside the calling one, for as long as the process lives."""
    return concurrent.futures.ThreadPoolExecutor(threads - 1)
