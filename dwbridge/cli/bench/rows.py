"""What is known of one operation on one shape: seconds of everybody, work, and how they compare."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from typing import Any

from dwbridge.cli.bench.rounds import Times, ratio
from dwbridge.cli.bench.shapes import Shape

Row = dict[str, Any]


def row(operation: str, times: Times, shape: Shape, batch: int, threads: int) -> Row:
    """A row, as it stands in JSON. Names are `peer/operation`, or `peer/operation/way` for another way to the same.

    `times_dwbridge` says how many times as long as dwbridge's kernels something takes.
    """
    keys = [key for key in times if key[1].partition("/")[0] == operation]
    return {
        "shape": shape.label,
        "batch": batch,
        "threads": threads,
        "operation": operation,
        "flops": shape.flops(operation, batch),
        "bytes": shape.bytes(operation, batch),
        "seconds": {"/".join(key): statistics.median(times[key]) for key in keys},
        "times_dwbridge": {"/".join(key): ratio(times, key, ("dwbridge", operation)) for key in keys},
    }


def best(row: Row, *peers: str) -> float | None:
    """How many times as long the fastest of these peers takes, by its fastest way; None if none was measured.

    Ways through a user's function and an engine do not count: kernels are compared with kernels.
    """
    found = [
        value
        for name, value in row["times_dwbridge"].items()
        if name.split("/")[0] in peers and not name.endswith("/function")
    ]
    return min(found, default=None)


def own_seconds(row: Row, way: str = "") -> float | None:
    """What dwbridge takes; None if it was not measured this way."""
    return row["seconds"].get(f"dwbridge/{row['operation']}{way}")


def peak_share(row: Row, peak: float | None) -> float | None:
    """Which part of the peak arithmetic dwbridge reaches."""
    seconds = own_seconds(row)
    return row["flops"] / seconds / peak if seconds and peak else None


def times_copy(row: Row) -> float | None:
    """How many times as long dwbridge takes as a copy that moves the same bytes."""
    copy = best(row, "copy")
    return 1 / copy if copy else None


def geometric_mean(values: Iterable[float]) -> float:
    """The number whose logarithm is the mean of the logarithms.

    >>> geometric_mean([2., 8.])
    4.0
    """
    logarithms = [math.log(value) for value in values]
    return round(math.exp(sum(logarithms) / len(logarithms)), 12)
