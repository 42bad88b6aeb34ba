"""What depthwise convolution on a GPU may reach on paper: no GPU is needed, and nothing is measured.

    python benchmarks/depthwise_on_paper.py [--batch 32 128] [--dtypes float32 float16] [--shapes C,H,1,k,s]

For every depthwise layer of MobileNetV2, EfficientNet-B0 and ConvNeXt-T and each direction: the kernel that is chosen,
its registers for sm_90, the warps of a multiprocessor of an H200 out of those that it has room for, and the most of a
copy's bandwidth that its instructions and its bytes under way allow; `gpu/paper.py` says how. What these limits leave
room for may still be missed: they say where a kernel cannot be fast enough, not where it is. Kernels for large kernels
and for everything else are named without limits.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Iterator, Sequence

from gpu.machine_code import code
from gpu.paper import H200, limits
from gpu.shapes import ITEMSIZES, OPERATIONS, SHAPES, least_bytes
from tables import plain_table

from dwbridge.cli.bench.shapes import Shape
from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda.plan import depthwise as plan
from dwbridge.kernels.cuda.plan.depthwise import Problem
from dwbridge.kernels.cuda.plan.launches import Launch

HEADER = (
    *("shape C,H,M,k,s", "batch", "operation", "us", "kernel", "registers"),
    *("warps", "of", "instructions", "under way", "% copy"),
)

compiled = functools.cache(code)


def main(words: Sequence[str] | None = None) -> None:
    arguments = parsed(words)
    for dtype in arguments.dtypes:
        print(f"\n{dtype}\n")
        rows = [row for batch in arguments.batch for shape in arguments.shapes for row in cells(shape, batch, dtype)]
        print("\n".join(plain_table(HEADER, rows)))


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 128])
    parser.add_argument("--dtypes", nargs="+", choices=list(ITEMSIZES), default=list(ITEMSIZES))
    parser.add_argument("--shapes", nargs="+", metavar="C,H,1,k,s", help="default: those of gpu/shapes.py")
    arguments = parser.parse_args(words)
    arguments.shapes = [Shape(*map(int, text.split(","))) for text in arguments.shapes or ()] or SHAPES
    return arguments


def cells(shape: Shape, batch: int, dtype: str) -> Iterator[tuple[str, ...]]:
    """A row for each operation."""
    window = Window2D.of(shape.kernel, shape.stride, shape.pad, 1)
    problem = Problem(batch, shape.channels, shape.multiplier, (shape.size, shape.size), window, dtype)
    for operation, launch in zip(OPERATIONS, launches(problem), strict=True):
        found = limits(launch, compiled(launch.instance, launch.kernel, H200.capability), problem, operation)
        ideal = least_bytes(operation, shape, batch, dtype) / H200.bandwidth * 1e6
        first = shape.label, str(batch), operation, f"{ideal:.1f}"
        if found is None:
            yield (*first, launch.kernel.removeprefix("depthwise_"), *["-"] * 6)
        else:
            yield (
                *first, found.kernel, str(found.registers), f"{found.warps:.1f}", str(found.resident),
                f"{found.by_instructions:.2f}", f"{found.under_way / found.needed:.2f}", f"{100 * found.share:.0f}",
            )  # fmt: skip


def launches(problem: Problem) -> tuple[Launch, Launch, Launch]:
    """The launch of each operation; of the gradient of weights that which reads x and gy."""
    return plan.forward(problem), plan.backward_data(problem), plan.backward_weight(problem).partial


if __name__ == "__main__":
    main()
