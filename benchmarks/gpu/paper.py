"""What a kernel may reach on paper: two limits that follow from its launch and its machine code.

Instructions: a multiprocessor issues one for each of its four schedulers in a cycle, so the loop's, per output, set the
most outputs a second, and with them the bytes. Bytes under way: what all warps have asked for and not yet got must be
the bandwidth that is read, times the time that a load takes (Little's law). What is less than an aim in either cannot
reach it; what is more may or may not.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from dwbridge.kernels.cuda.plan.depthwise import Problem
from dwbridge.kernels.cuda.plan.launches import Launch
from gpu.machine_code import Code
from gpu.paper_tensor import Work, tensor_work


class Chip(NamedTuple):
    """A GPU, in what these limits need."""

    capability: int
    processors: int
    cycles: float  #: a second
    bandwidth: float  #: of a copy, bytes read and written a second
    latency: float  #: seconds from a load to what it loads, under load
    registers: int = 65536  #: of a multiprocessor
    shared: int = 227 << 10  #: bytes of a multiprocessor; a block takes 1 KiB more than it has
    warps: int = 64  #: of a multiprocessor


#: Bandwidth as measured on one, latency as it is commonly found.
H200 = Chip(90, 132, 1.98e9, 4.3e12, 800e-9)


class Limits(NamedTuple):
    """What follows for a launch; shares are of the bandwidth of a copy."""

    kernel: str
    registers: int
    resident: int  #: warps that a multiprocessor has room for
    warps: float  #: that it has, in the mean; all at once, or as many as there is room for
    by_instructions: float  #: the share that instructions allow
    under_way: float  #: bytes of a multiprocessor
    needed: float  #: bytes of a multiprocessor, for the whole bandwidth

    @property
    def share(self) -> float:
        """The lower of both limits."""
        return min(1.0, self.by_instructions, self.under_way / self.needed)


def limits(launch: Launch, code: Code, problem: Problem, operation: str, chip: Chip = H200) -> Limits | None:
    """The limits of a launch; None for kernels whose loops are not known here."""
    work = _work(launch, code, problem) if "tensor" not in launch.kernel else tensor_work(launch, code, problem)
    if work is None:
        return None
    x, y = (math.prod(image) * problem.itemsize for image in (problem.image, problem.out_image))
    a_map = math.prod(problem.out_image)
    rate = chip.processors * 4 * chip.cycles / work.instructions
    read = {"forward": x, "backward_data": y, "backward_weight": x + y}[operation]
    resident = _resident(launch, code, chip)
    warps = min(resident, math.prod(launch.grid) * launch.block / 32 / chip.processors)
    needed = chip.bandwidth * read / (x + y) * chip.latency / chip.processors
    return Limits(
        launch.kernel.removeprefix("depthwise_"), code.registers, resident, warps,
        rate * (x + y) / a_map / chip.bandwidth, warps * work.under_way, needed,
    )  # fmt: skip


def _resident(launch: Launch, code: Code, chip: Chip) -> int:
    """Warps that a multiprocessor has room for."""
    warps = launch.block // 32
    by_registers = chip.registers // (-(-code.registers // 8) * 8 * 32 * warps)
    by_shared = chip.shared // (code.shared + 1024)
    return warps * min(by_registers, by_shared, chip.warps // warps)


def _work(launch: Launch, code: Code, problem: Problem) -> Work | None:
    """What a turn of the loop is, in kernels that have one; None for others."""
    d = {name: int(value) for name, value in launch.instance.defines if value.lstrip("-").isdigit()}
    size, kind, turn = problem.itemsize, launch.instance.source, len(code.inner_loop())
    if kind.startswith("planes"):
        x, y = (d["MAPS"] * math.prod(image) for image in (problem.image, problem.out_image))
        return Work(turn / y, size * (x + (y if kind == "planes_weight" else 0)))
    if not kind.startswith("rows"):
        return None
    stride, width = problem.window.stride[0], problem.out_image[1]
    owners = d["LANES"] - 2 * d["OVERLAP"]
    lanes = 32 * width / (-(-width // (owners * d["V"])) * d["LANES"] * d["V"])  # those that have outputs, in the mean
    row = d["V"] * size * lanes
    x, y = d["AHEAD"] * stride * row, min(d["AHEAD"], d["TURN"] // stride) * row
    under_way = {"rows": x, "rows_data": d["AHEAD"] * row, "rows_weight": x + y}[kind]
    outputs = d["TURN"] if kind == "rows_data" else d["TURN"] // stride  # the rows of y that belong to a turn
    return Work(turn / (outputs * d["V"] * lanes), under_way)
