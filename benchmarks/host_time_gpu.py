"""What a training step on a GPU costs the host: dwbridge's Python and CuPy's array objects, measured without a GPU.

    python benchmarks/host_time_gpu.py [--network mobilenet_v2] [--batch 64] [--size 224] [--profile] [--out FOLDER]

It needs CuPy, but neither driver nor GPU: `gpu/no_driver.py` says what stands in for them. A step (cleargrads, forward
and softmax cross entropy, backward, Adam) runs with kernels that do nothing, at full shapes. Measured is the processor
time of the thread, the median over repetitions.

What is not in it: the launch of a kernel by CuPy (some 0.6 us, and for every array among its arguments 0.1, number 0.4
and struct 1.3 us, on the processor that docs/CPU.md names, beside what the driver takes), CuPy's memory pool, and the
operations that CuPy computes itself, of which a result is made and nothing more. All three are counted.

--profile says which functions it goes to. --steps N makes N steps and measures nothing: the difference of two numbers
of steps under `valgrind --tool=callgrind` is what a step takes in instructions, which neighbours do not change.
"""

from __future__ import annotations

import argparse
import cProfile
import importlib
import pstats
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gpu.no_driver import Counts, without_driver
from machine import description
from networks import NETWORKS
from networks.in_dwbridge import network
from peers.batch import batch
from result_files import keep
from tables import heading, markdown_table, plain_table

from dwbridge import optimizers
from dwbridge.autograd import FunctionHook
from dwbridge.functions import softmax_cross_entropy

#: Steps before the first that is measured.
WARM = 3
#: Functions that --profile names.
NAMED = 45

Phase = Callable[[], Any]


def main(words: Sequence[str] | None = None) -> dict[str, Any]:
    arguments = parsed(words)
    cupy = importlib.import_module("cupy")
    with without_driver(cupy) as counts:
        phases = step(arguments.network, arguments.batch, arguments.size)
        if arguments.steps is not None:
            repeat(phases, arguments.steps)
            return {}
        repeat(phases, WARM)
        if arguments.profile:
            profile(phases, arguments.rounds)
            return {}
        result: dict[str, Any] = {"machine": description(), "absent": [], "versions": versions(cupy)}
        result |= {name: getattr(arguments, name) for name in ("network", "batch", "size")}
        result |= {"counts": counted(phases, counts), "seconds": measured(phases, arguments.rounds)}
    print(report(result))
    keep("host_time_gpu", result, report, arguments.out)
    return result


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=list(NETWORKS), default="mobilenet_v2")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--steps", type=int, metavar="N")
    parser.add_argument("--out", type=Path, help="folder of the result files (default: none are written)")
    return parser.parse_args(words)


def versions(cupy: Any) -> dict[str, dict[str, str]]:
    return {"dwbridge": {"cupy": cupy.__version__, "numpy": importlib.import_module("numpy").__version__}}


def step(name: str, count: int, size: int) -> dict[str, Phase]:
    """The phases of a step, in their order."""
    net = network(NETWORKS[name]())
    net.to_device("@cupy:0")
    images, labels = net.device.send(batch(count, size))
    adam = optimizers.Adam(alpha=1e-3).setup(net)
    loss: list[Any] = []

    def forward() -> None:
        loss[:] = [softmax_cross_entropy(net(images), labels)]

    return {
        "cleargrads": net.cleargrads,
        "forward": forward,
        "backward": lambda: loss.pop().backward(),
        "optimizer": adam.update,
    }


def repeat(phases: dict[str, Phase], steps: int) -> None:
    for _ in range(steps):
        for phase in phases.values():
            phase()


def counted(phases: dict[str, Phase], counts: Counts) -> dict[str, dict[str, int]]:
    """What every phase asks for, and the functions that are applied in it."""
    found = {}
    for name, phase in phases.items():
        before = counts.copy()
        with Applications() as applications:
            phase()
        found[name] = {"functions": applications.count, **counts.since(before)}
    return found


class Applications(FunctionHook):
    """Counts functions."""

    name = "Applications"
    count = 0

    def forward_preprocess(self, function: Any, in_data: Any) -> None:
        self.count += 1


def measured(phases: dict[str, Phase], rounds: int) -> dict[str, float]:
    """The thread's seconds in every phase, the median."""
    times: dict[str, list[float]] = {name: [] for name in phases}
    for _ in range(rounds):
        for name, phase in phases.items():
            start = time.thread_time()
            phase()
            times[name].append(time.thread_time() - start)
    return {name: statistics.median(each) for name, each in times.items()}


def profile(phases: dict[str, Phase], rounds: int) -> None:
    """Prints what functions take, inside of them; the profiler makes all of them slower, small ones most."""
    profiler = cProfile.Profile(time.thread_time)
    profiler.runcall(repeat, phases, rounds)
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(NAMED)


def report(result: dict[str, Any], markdown: bool = False) -> str:
    """The result as text or as a page."""
    counts, seconds = result["counts"], result["seconds"]
    names = list(next(iter(counts.values())))
    total = {name: sum(each[name] for each in counts.values()) for name in names}
    rows = [
        [phase, f"{1e3 * taken:.2f}", *(str(numbers[name]) for name in names), per_launch(taken, numbers)]
        for phase, taken, numbers in [
            *((phase, taken, counts[phase]) for phase, taken in seconds.items()),
            ("step", sum(seconds.values()), total),
        ]
    ]
    header = ["phase", "ms", *names, "us per launch"]
    title = f"{result['network']}, batch {result['batch']}, {result['size']}x{result['size']}, float32"
    table = (markdown_table if markdown else plain_table)(header, rows)
    return "\n".join([*heading(result), "", f"Host time of a training step, nothing launched: {title}", "", *table])


def per_launch(seconds: float, numbers: dict[str, int]) -> str:
    """Microseconds for a kernel or a call of cuBLAS."""
    launches = numbers["launches"] + numbers["products"]
    return f"{1e6 * seconds / launches:.1f}" if launches else ""


if __name__ == "__main__":
    main()
