"""Every kernel compiles for every chip, without a GPU; none spills, and none needs more registers than it did."""

import re

import pytest

pytest.importorskip("cuda.bindings.nvrtc", reason="NVRTC is not installed")

from instances import TABLE, lines
from nvrtc import chips, chips_under_test

#: Registers that another version of the compiler may take more: they come in eights.
LEEWAY = 8

_LINE = re.compile(r"(?P<kernel>sm_\d+ \w+): (?P<registers>\d+) registers, (?P<spilled>\d+) spilled; (?P<defines>.*)")


def table(rows: list[str]) -> dict[tuple[str, str], tuple[int, int]]:
    matches = [match for row in rows if (match := _LINE.fullmatch(row))]
    assert len(matches) == len(rows)
    return {(row["kernel"], row["defines"]): (int(row["registers"]), int(row["spilled"])) for row in matches}


def test_registers() -> None:
    """Where a kernel needs more for a reason, `python tests/kernels/cuda/instances.py` writes the table anew.

    The newest chip that NVRTC knows is compiled for as well, and is not in the table of an NVRTC that did not know it.
    """
    expected, found = table(TABLE.read_text().splitlines()), table(lines())
    assert {kernel: spilled for kernel, (_, spilled) in found.items() if spilled} == {}
    known = {kernel.split()[0] for kernel, _ in expected}
    assert {kernel for kernel in found if kernel[0].split()[0] in known} == set(expected)
    grown = {
        kernel: f"{expected[kernel][0]} before, {registers} now"
        for kernel, (registers, _) in found.items()
        if kernel in expected and registers > expected[kernel][0] + LEEWAY
    }
    assert grown == {}


def test_the_chips() -> None:
    assert {75, 80, 90} < set(chips_under_test()) <= set(chips())
    assert max(chips()) in chips_under_test()
