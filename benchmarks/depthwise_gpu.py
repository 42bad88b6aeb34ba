"""Depthwise convolution on a GPU, forward and both gradients, beside torch and a plain copy; and a training step.

    python benchmarks/depthwise_gpu.py [--quick] [--minutes N] [--out FOLDER]

It needs a GPU and CuPy; torch takes part if it is installed in the same environment. Measured are, in this order,

* the bandwidth of a copy;
* a training step of MobileNetV2, float32, 224x224, batch 64: time from start to end, host and device together; torch's
  with its defaults, by which cuDNN may use TF32, and without TF32;
* the host's time for a kernel call, on a convolution of a few pixels;
* every depthwise layer of MobileNetV2, EfficientNet-B0 and ConvNeXt-T at batch 32 and 128, float32 and float16: device
  time from CUDA events, buffers used in turn so that three times the second-level cache lies between two uses,
  which share of the copy's bandwidth is reached; torch through cuDNN and without it, in NCHW and channels_last: its
  fastest way counts.

Outputs and losses are compared before times are taken. Whoever fails is noted, and the others go on; the exit code is 1
if something is wrong, or dwbridge failed. Without --quick the results are written to
`benchmarks/results/depthwise_gpu_<card>_<date>.json` and `.md`, anew after every layer: a run that is interrupted
leaves what it measured.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpu import own, training
from gpu import torch as peer
from gpu.attempts import attempts
from gpu.card import card, versions
from gpu.clock import Clock
from gpu.layers import Layer, measured
from gpu.report import report
from gpu.shapes import ITEMSIZES, SHAPES
from gpu.troubles import is_sound
from machine import description
from result_files import Files

from dwbridge.cli.bench.shapes import Shape

HERE = Path(__file__).resolve().parent
SMALL, HOST_CALLS = Shape(8, 8, 1, 3, 1), 200


def main(words: Sequence[str] | None = None) -> dict[str, Any]:
    """The result, whose files are written after everything that was measured."""
    arguments, start = parsed(words), time.monotonic()
    cupy, torch = importlib.import_module("cupy"), peer.installed()
    clock = Clock(cupy, arguments.buffer)
    layers = list(map(Layer._make, itertools.product(arguments.batch, arguments.dtypes, arguments.shapes)))
    result = beginning(cupy, torch, clock, layers)
    files = Files("depthwise_gpu", report, arguments.out, result["card"]["name"])
    try:
        if arguments.step:
            result["step"] = training.measured(torch, clock, *arguments.step, arguments.rounds)
            files.write(result)
        result["host"] = host(cupy, clock)
        files.write(result)
        last = 0.0  # seconds of the layer before: the next one takes about as long
        for layer in layers:
            begun = time.monotonic()
            if begun - start + last > 60 * arguments.minutes:
                break
            print(layer.label, file=sys.stderr, flush=True)
            result["rows"] += measured(cupy, torch, clock, layer, result["card"]["cache"], arguments.rounds)
            result["left_out"].remove(layer.label)
            files.write(result)
            last = time.monotonic() - begun
    finally:
        print(report(result))
        files.tell()
    return result


def beginning(cupy: Any, torch: Any, clock: Clock, layers: Sequence[Layer]) -> dict[str, Any]:
    """A result in which nothing is measured yet but the bandwidth."""
    return {
        "machine": description(),
        "card": card(cupy),
        "versions": versions(cupy, torch),
        "tf32": peer.tf32(torch) if torch else {},
        "absent": [] if torch else ["torch"],
        "bandwidth": clock.bandwidth,
        "step": {"seconds": {}, "losses": {}, "wrong": [], "failed": {}},
        "host": {"seconds": {}, "wrong": [], "failed": {}},
        "rows": [],
        "left_out": [layer.label for layer in layers],
    }


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, nargs="+", help="default: 32 128; quick: 32")
    parser.add_argument("--dtypes", nargs="+", choices=list(ITEMSIZES), default=list(ITEMSIZES))
    parser.add_argument("--shapes", nargs="+", metavar="C,H,1,k,s", help="default: those of gpu/shapes.py")
    parser.add_argument("--step", type=int, nargs="*", metavar="N", help="batch and size of the step; none: no step")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--buffer", type=int, default=1 << 28, help="bytes that are copied (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="layers for which no time is left are left out")
    parser.add_argument("--quick", action="store_true", help="a first look: batch 32, no step, no files")
    parser.add_argument("--out", type=Path, help="folder of the result files (default: benchmarks/results)")
    arguments = parser.parse_args(words)
    arguments.batch = arguments.batch or ([32] if arguments.quick else [32, 128])
    arguments.shapes = [Shape(*map(int, text.split(","))) for text in arguments.shapes or ()] or SHAPES
    arguments.out = arguments.out or (None if arguments.quick else HERE / "results")
    if arguments.step is None:
        arguments.step = [] if arguments.quick else [64, 224]
    return arguments


def host(cupy: Any, clock: Clock) -> dict[str, Any]:
    """Seconds that a kernel call takes the host."""
    failed: dict[str, str] = {}

    def taken() -> dict[str, float]:
        calls = own.calls([own.arrays(cupy, SMALL, 1, "float32")], SMALL)
        return {name: clock.host(call, HOST_CALLS) for name, call in calls.items()}

    return {"seconds": attempts({"dwbridge": taken}, failed).get("dwbridge", {}), "wrong": [], "failed": failed}


if __name__ == "__main__":
    raise SystemExit(0 if is_sound(main()) else 1)
