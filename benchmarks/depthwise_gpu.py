"""Depthwise convolution on a GPU, forward and both gradients, beside torch and a plain copy; and a training step.

    python benchmarks/depthwise_gpu.py [--quick] [--out FOLDER]

It needs a GPU and CuPy; torch takes part if it is installed in the same environment. Measured are

* every depthwise layer of MobileNetV2, EfficientNet-B0 and ConvNeXt-T at batch 32 and 128, float32 and float16: device
  time from CUDA events, buffers used in turn so that three times the second-level cache lies between two uses;
* the bandwidth of a copy in the same run, and which share of it each of these reaches;
* torch through cuDNN and without it, in NCHW and channels_last: its fastest way counts;
* the host's time for a kernel call, on a convolution of a few pixels;
* a training step of MobileNetV2, float32, 224x224, batch 64: time from start to end, host and device together.

Outputs are compared before times are taken. Without --quick the results are written to
`benchmarks/results/depthwise_gpu_<card>_<date>.json` and `.md`.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpu import own, training
from gpu import torch as peer
from gpu.card import card, versions
from gpu.clock import Clock
from gpu.report import report
from gpu.shapes import ITEMSIZES, OPERATIONS, SHAPES, copies, least_bytes
from machine import description
from result_files import keep

from dwbridge.cli.bench.rounds import rounds
from dwbridge.cli.bench.shapes import Shape

HERE = Path(__file__).resolve().parent
#: Calls of a burst; how far two outputs may be apart, in the largest size.
CALLS, TOLERANCES = 10, {"float32": 1e-3, "float16": 2e-2}
SMALL, HOST_CALLS = Shape(8, 8, 1, 3, 1), 200
#: Steps of a burst, and those before the first.
STEPS, WARM = 5, 3


def main(words: Sequence[str] | None = None) -> dict[str, Any]:
    arguments = parsed(words)
    cupy, torch = importlib.import_module("cupy"), peer.installed()
    clock = Clock(cupy, arguments.buffer)
    result: dict[str, Any] = {"machine": description(), "card": card(cupy), "versions": versions(cupy, torch)}
    result |= {"absent": [] if torch else ["torch"], "bandwidth": clock.bandwidth, "rows": []}
    for dtype in arguments.dtypes:
        for batch in arguments.batch:
            for shape in arguments.shapes:
                print(f"{dtype}, batch {batch}, {shape.label}", file=sys.stderr, flush=True)
                result["rows"] += measured(cupy, torch, clock, shape, batch, dtype, result["card"], arguments.rounds)
    small = own.calls([own.arrays(cupy, SMALL, 1, "float32")], SMALL)
    result["host"] = {name: clock.host(call, HOST_CALLS) for name, call in small.items()}
    result["step"] = steps(torch, clock, *arguments.step, arguments.rounds) if arguments.step else {}
    print(report(result))
    keep("depthwise_gpu", result, report, arguments.out, result["card"]["name"])
    return result


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, nargs="+", help="default: 32 128; quick: 32")
    parser.add_argument("--dtypes", nargs="+", choices=list(ITEMSIZES), default=list(ITEMSIZES))
    parser.add_argument("--shapes", nargs="+", metavar="C,H,1,k,s", help="default: those of gpu/shapes.py")
    parser.add_argument("--step", type=int, nargs="*", metavar="N", help="batch and size of the step; none: no step")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--buffer", type=int, default=1 << 28, help="bytes that are copied (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="a first look: batch 32, no step, no files")
    parser.add_argument("--out", type=Path, help="folder of the result files (default: benchmarks/results)")
    arguments = parser.parse_args(words)
    arguments.batch = arguments.batch or ([32] if arguments.quick else [32, 128])
    arguments.shapes = [Shape(*map(int, text.split(","))) for text in arguments.shapes or ()] or SHAPES
    arguments.out = arguments.out or (None if arguments.quick else HERE / "results")
    if arguments.step is None:
        arguments.step = [] if arguments.quick else [64, 224]
    return arguments


def measured(
    cupy: Any,
    torch: Any,
    clock: Clock,
    shape: Shape,
    batch: int,
    dtype: str,
    on: dict[str, Any],
    count: int,
) -> list[dict[str, Any]]:
    """A row for each operation: seconds of everybody."""
    moved = least_bytes("forward", shape, batch, dtype)
    sets = [own.arrays(cupy, shape, batch, dtype) for _ in range(copies(moved, on["cache"]))]
    everybody = {"dwbridge": own.calls(sets, shape)}
    if torch is not None:
        everybody |= {f"torch {way}": peer.calls(torch, sets, shape, way) for way in peer.WAYS}
    return [
        {
            "shape": shape.label,
            "kernel": shape.kernel,
            "stride": shape.stride,
            "batch": batch,
            "dtype": dtype,
            "operation": operation,
            "bytes": least_bytes(operation, shape, batch, dtype),
            "wrong": differing(cupy, {name: calls[operation] for name, calls in everybody.items()}, dtype),
            "seconds": seconds(clock, {name: calls[operation] for name, calls in everybody.items()}, len(sets), count),
        }
        for operation in OPERATIONS
    ]


def differing(cupy: Any, calls: dict[str, Any], dtype: str) -> list[str]:
    """Those whose output is not dwbridge's, within rounding."""
    outputs = {name: cupy.asarray(call(0)).astype("float32") for name, call in calls.items()}
    first = outputs["dwbridge"]
    limit = TOLERANCES[dtype] * float(abs(first).max())
    return [name for name, y in outputs.items() if not float(abs(y.reshape(first.shape) - first).max()) <= limit]


def seconds(clock: Clock, calls: dict[str, Any], sets: int, count: int) -> dict[str, float]:
    """The median over the rounds of everybody's time for a call."""
    for call in calls.values():
        for i in range(sets):
            call(i)  # compiles, and searches for the fastest algorithm
    number = max(CALLS, sets)
    bursts = {(name, ""): lambda call=call: clock.burst(call, sets, number) for name, call in calls.items()}
    return {name: statistics.median(times) for (name, _), times in rounds(bursts, count).items()}


def steps(torch: Any, clock: Clock, batch: int, size: int, count: int) -> dict[str, float]:
    """Seconds of a training step, in dwbridge and in torch's two layouts."""
    made = {"dwbridge": training.own(batch, size)}
    if torch is not None:
        made |= {
            f"torch {layout}": training.torchs(torch, batch, size, layout)
            for layout in ("contiguous_format", "channels_last")
        }
    first = {name: float(step()) for name, step in made.items()}
    for name, loss in first.items():
        if abs(loss - first["dwbridge"]) > 1e-3 * abs(loss):
            raise SystemExit(f"the first loss is {loss} in {name}, {first['dwbridge']} in dwbridge")
    for step in made.values():
        clock.wall(step, WARM)
    bursts = {(name, ""): lambda step=step: clock.wall(step, STEPS) for name, step in made.items()}
    return {name: statistics.median(times) for (name, _), times in rounds(bursts, count, limit=60).items()}


if __name__ == "__main__":
    main()
