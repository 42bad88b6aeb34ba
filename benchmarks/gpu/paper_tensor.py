"""What the kernels on tensor cores do for an output, by their machine code.

Their loop of units copies frames ahead, in loops of its own, and multiplies groups of rows, in another. What computes
sums that are not finite once more is left out: it is not run. What is outside of the loop of units is run once for a
block, each of its loops counted as one turn.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from dwbridge.kernels.cuda.plan.depthwise import Problem
from dwbridge.kernels.cuda.plan.launches import WARP, Launch
from gpu.machine_code import Code, Loop


class Work(NamedTuple):
    """What a warp does."""

    instructions: float  #: for an output of the launch, of all warps
    under_way: float  #: bytes that it has asked for and not yet got


def tensor_work(launch: Launch, code: Code, problem: Problem) -> Work:
    """Of the kernels on tensor cores."""
    d = {name: int(value) for name, value in launch.instance.defines if value.lstrip("-").isdigit()}
    total, of_a_slice = map(int, launch.numbers[1:])
    blocks, warps, units = math.prod(launch.grid), launch.block // WARP, total * launch.grid[0]
    outputs = problem.images * problem.out_channels * math.prod(problem.out_image)

    loops = code.loops()
    of_units = min((loop for loop in loops if loop.has("HMMA", "BAR")), key=lambda loop: len(loop.operations))
    again = _outermost([loop for loop in loops if loop.has("LDG") and not loop.has("HMMA")])
    groups = [loop for loop in loops if loop.within(of_units) and loop.has("HMMA")]
    copies = _outermost(
        [loop for loop in loops if loop.within(of_units) and not loop.has("HMMA") and loop.has("LDGSTS")]
    )

    once = len(code.instructions) - len(of_units.operations)
    unit = len(of_units.operations) - sum(len(loop.operations) for loop in again if loop.within(of_units))
    if copies:
        made = of_units.operations.count("LDGSTS")
        turns = _copies(launch, d) / made
        unit += (turns - 1) * sum(len(loop.operations) for loop in copies)
    for group in groups:
        turns = d["MAPS"] * d["GROUPS"] / 2 / warps
        repaired = sum(len(loop.operations) for loop in again if loop.within(group))
        unit += (turns - 1) * (len(group.operations) - repaired)
    instructions = warps * (blocks * once + units * unit) / outputs

    arrays = 1 + ("weight" in launch.kernel)
    ahead = min(d["STAGES"] - 1, of_a_slice)
    return Work(instructions, ahead * arrays * outputs * problem.itemsize / units / warps)


def _outermost(loops: list[Loop]) -> list[Loop]:
    """Those that are not within another of these."""
    return [loop for loop in loops if not any(loop.within(other) for other in loops)]


def _copies(launch: Launch, d: dict[str, int]) -> float:
    """Of a thread, for a unit: `fill` in tensor_frames.cuh."""
    frames = [(8 * d["GROUPS"] + d["KERNEL_HEIGHT"] - 1, 8 * d["X_EIGHTS"] // d["PART"])]
    if "weight" in launch.kernel:
        frames.append((8 * d["GROUPS"], 8 * d["EIGHTS"] // d["OUT_PART"]))
    return sum(
        -(-pieces // launch.block) * d["MAPS"] * -(-rows // max(1, launch.block // pieces)) for rows, pieces in frames
    )
