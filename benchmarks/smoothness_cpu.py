"""Does the cost of depthwise convolution follow the work? Over H = 5..160 and C = 1..1024, forward and backward.

    python benchmarks/smoothness_cpu.py [--plot FILE.png] [--quick]

Two sweeps for each kernel (3, 5, 7), stride (1, 2) and operation: H in steps of one with 32 channels, and C in steps of
one, from 65 on in pairs of neighbours, on maps of 14 x 14. Batch 1, float32.

A cliff stands between two neighbours n and n' whose times do not follow their work. With t0 the time of a call on one
pixel, which is overhead, and w the number of products (taps on the padding included):

    expected t(n') = t0 + (t(n) - t0) w(n') / w(n)          cliff = t(n') / expected t(n'), and the same from n' to n

so overhead neither makes nor hides cliffs. The larger of the two counts: a sudden fall is as much of a cliff as a rise.
Times are the least of several rounds; what looks like a cliff above 1.5 is measured again, up to four times.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from interleaved import HERE
from machine import Neighbours, description
from result_files import draw, keep
from smoothness_report import LIMIT, report

from dwbridge.cli.bench.burst import burst
from dwbridge.cli.bench.peers import native
from dwbridge.cli.bench.shapes import Shape

KERNELS, STRIDES, OPERATIONS = (3, 5, 7), (1, 2), ("forward", "backward")
SIZES = range(5, 161)
AROUND = (72, 80, 96, 112, 128, 160, 192, 256, 320, 384, 512, 640, 768, 1023)
CHANNELS = (*range(1, 65), *(c + d for c in AROUND for d in (-1, 0, 1)))
SWEEP_CHANNELS, SWEEP_SIZE = 32, 14
SECONDS, AGAIN, TRIALS = 0.002, 5, 4


class Point(NamedTuple):
    """One measurement: `at` is the H or the C of a sweep."""

    sweep: str
    operation: str
    kernel: int
    stride: int
    at: int

    @property
    def shape(self) -> Shape:
        channels, size = (SWEEP_CHANNELS, self.at) if self.sweep == "H" else (self.at, SWEEP_SIZE)
        return Shape(channels, size, 1, self.kernel, self.stride)


Times = dict[Point, float]


def main() -> None:
    arguments = parsed()
    native.start(arguments.threads)
    neighbours = Neighbours()
    result: dict[str, Any] = {"machine": description(), "versions": {"dwbridge": native.versions()}, "absent": []}
    result |= {"threads": arguments.threads, "points": [], "cliffs": []}
    for kernel, stride in itertools.product(arguments.kernels, STRIDES):
        points, cliffs = measured(kernel, stride, arguments)
        result["points"] += points
        result["cliffs"] += cliffs
    result["neighbours"] = neighbours.cores(0)
    print(report(result))
    keep("smoothness_cpu", result, report, arguments.out)
    draw("smoothness_plot", result, arguments.plot)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--kernels", type=int, nargs="+", default=KERNELS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--step", type=int, help="take every n-th pair of sizes (default: 1; quick: 8)")
    parser.add_argument("--quick", action="store_true", help="a first look, no files")
    parser.add_argument("--out", type=Path, help="folder of the result files (default: benchmarks/results)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the results (needs matplotlib)")
    arguments = parser.parse_args()
    arguments.step = arguments.step or (8 if arguments.quick else 1)
    arguments.out = arguments.out or (None if arguments.quick else HERE / "results")
    return arguments


def measured(kernel: int, stride: int, arguments: argparse.Namespace) -> tuple[list[dict], list[dict]]:
    """Every point of one kernel and stride, and the steps between neighbours, the highest first."""
    sweeps = {"H": pairs(SIZES, arguments.step), "C": pairs(CHANNELS, arguments.step)}
    overhead = {operation: least([Shape(1, 1, 1, kernel, stride)], operation, 5)[0] for operation in OPERATIONS}
    points, cliffs = [], []
    for (sweep, steps), operation in itertools.product(sweeps.items(), OPERATIONS):
        places = [Point(sweep, operation, kernel, stride, at) for at in sorted({at for pair in steps for at in pair})]
        times = dict(zip(places, least([place.shape for place in places], operation, arguments.rounds)))
        edges = [(Point(*places[0][:4], low), Point(*places[0][:4], high)) for low, high in steps]
        points += [point_row(place, seconds) for place, seconds in times.items()]
        cliffs += [cliff_row(settled(times, edge, overhead[operation]), *edge, overhead[operation]) for edge in edges]
    return points, sorted(cliffs, key=lambda found: -found["cliff"])


def pairs(values: Sequence[int], step: int) -> list[tuple[int, int]]:
    """Neighbours that differ by one, every `step`-th of them."""
    found = [(low, high) for low, high in itertools.pairwise(values) if high == low + 1]
    return found[::step]


def least(shapes: Iterable[Shape], operation: str, rounds: int) -> list[float]:
    """Seconds of the fastest call, for each shape; the shapes in turn, round by round."""
    shapes = list(shapes)
    found = [math.inf] * len(shapes)
    for _ in range(rounds):
        found = [min(seconds, fastest(shape, operation)) for seconds, shape in zip(found, shapes)]
    return found


def fastest(shape: Shape, operation: str) -> float:
    """One burst; the arrays live no longer."""
    return min(burst(native.calls(shape.arrays(1), shape.stride, shape.pad, 1)[operation], SECONDS))


def settled(times: Times, edge: tuple[Point, Point], overhead: float) -> Times:
    """The times of an edge's ends; where they make a cliff, of a trial that makes none, if there is one.

    Another program can slow one of two neighbours down, for seconds. A trial measures both in turn, and nothing else.
    """
    for _ in range(TRIALS):
        if cliff(times, *edge, overhead) <= LIMIT:
            break
        times = dict(zip(edge, least([place.shape for place in edge], edge[0].operation, AGAIN)))
    return times


def cliff(times: Times, low: Point, high: Point, overhead: float) -> float:
    """How many times as long one of the two takes as follows from the other."""
    return max(beyond(times, low, high, overhead), beyond(times, high, low, overhead))


def beyond(times: Times, known: Point, other: Point, overhead: float) -> float:
    work = other.shape.flops(other.operation, 1) / known.shape.flops(known.operation, 1)
    return times[other] / (overhead + max(0.0, times[known] - overhead) * work)


def point_row(place: Point, seconds: float) -> dict[str, Any]:
    shape = place.shape
    products, moved = shape.flops(place.operation, 1) / 2, shape.bytes(place.operation, 1)
    per = {"ns_per_product": 1e9 * seconds / products, "ns_per_byte": 1e9 * seconds / moved}
    return {**place._asdict(), "seconds": seconds, **per}


def cliff_row(times: Times, low: Point, high: Point, overhead: float) -> dict[str, Any]:
    rises = beyond(times, low, high, overhead) >= beyond(times, high, low, overhead)
    return {**low._asdict(), "cliff": cliff(times, low, high, overhead), "rises": rises}


if __name__ == "__main__":
    main()
