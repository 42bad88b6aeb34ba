"""The limits that `depthwise_on_paper.py` derives, by a machine code that is made up."""

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda.plan import depthwise as plan
from dwbridge.kernels.cuda.plan.depthwise import Problem

#: A hundred products in a loop that jumps back, in one that does not multiply; behind them the end.
LOOP = [(16 * i, "FFMA", "R1, R2, R3, R1") for i in range(100)]
INSTRUCTIONS = [*LOOP, (1600, "BRA", "0x0"), (1616, "IADD3", ""), (1632, "BRA", "0x650"), (1648, "EXIT", "")]


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`limits` and `Code`, a machine code of 64 registers, and a multiprocessor of 4e9 instructions a second."""
    monkeypatch.syspath_prepend(Path(__file__).resolve().parents[2] / "benchmarks")
    of_code, of_limits = (importlib.import_module(f"gpu.{name}") for name in ("machine_code", "paper"))
    return SimpleNamespace(
        Code=of_code.Code,
        code=of_code.Code(64, 0, INSTRUCTIONS),
        limits=of_limits.limits,
        chip=of_limits.Chip(90, 1, 1e9, 1e12, 1e-6),
    )


def test_the_loop_with_products_is_found(paper: Any) -> None:
    assert [len(loop.operations) for loop in paper.code.loops()] == [101, 2]
    assert paper.code.inner_loop() == ["FFMA"] * 100 + ["BRA"]
    assert paper.Code(8, 0, [(0, "MOV", ""), (16, "EXIT", "")]).inner_loop() == ["MOV", "EXIT"]


@pytest.mark.parametrize(("operation", "moved"), [("forward", 0.5), ("backward_data", 0.5), ("backward_weight", 1)])
def test_limits_of_rows(operation: str, moved: float, paper: Any) -> None:
    """A warp's lanes have three rows of four outputs, 128 columns and 8 bytes each, in 101 instructions."""
    problem = Problem(64, 64, 1, (128, 128), Window2D.of(3, 1, 1), "float32")
    launch = {
        "forward": plan.forward(problem),
        "backward_data": plan.backward_data(problem),
        "backward_weight": plan.backward_weight(problem).partial,
    }[operation]
    found = paper.limits(launch, paper.code, problem, operation, paper.chip)
    assert found is not None
    assert (found.kernel.split("_")[0], found.registers, found.resident) == ("rows", 64, 32)
    assert found.warps == 32
    assert found.by_instructions == pytest.approx(4e9 / 101 * (3 * 128) * 8 / 1e12)
    assert found.under_way == 32 * 3 * 128 * 4 * (2 if operation == "backward_weight" else 1)
    assert found.needed == pytest.approx(moved * 1e12 * 1e-6)
    assert found.share == pytest.approx(min(found.by_instructions, found.under_way / found.needed))


def test_planes_are_under_way_whole_and_others_are_not_known(paper: Any) -> None:
    problem = Problem(64, 96, 1, (14, 14), Window2D.of(3, 1, 1), "float32")
    found = paper.limits(plan.forward(problem), paper.code, problem, "forward", paper.chip)
    assert found is not None
    assert found.under_way == found.warps * 2 * 14 * 14 * 4
    large = problem._replace(window=Window2D.of(13, 1, 6))
    assert paper.limits(plan.forward(large), paper.code, large, "forward", paper.chip) is None


#: A loop of units: in it eight copies in a loop, and a loop of groups, in which another computes something once more.
UNITS = ["MOV"] * 40, ["BAR", "MOV"], ["LDGSTS"] * 8 + ["BRA"], ["HMMA"] * 16 + ["MOV"] * 4, ["LDG"] * 5 + ["BRA"]


def test_units_of_tensor_cores(paper: Any) -> None:
    """Of eight maps of two groups of rows: 16 copies of each thread, and two turns of each of four warps."""
    before, begin, copies, groups, again = UNITS
    names = [*before, *begin, *copies, *groups, *again, "BRA", "BRA", "EXIT"]
    jumps = {50: 42, 76: 71, 77: 51, 78: 40}
    code = [(16 * at, name, f"{16 * jumps[at]:#x}" if at in jumps else "") for at, name in enumerate(names)]
    assert all(names[at] == "BRA" for at in jumps)

    problem = Problem(256, 96, 1, (14, 14), Window2D.of(5, 1, 2), "float16")
    launch = plan.forward(problem)
    (_, total, of_a_slice), blocks = launch.numbers, launch.grid[0] * launch.grid[1]
    assert (launch.kernel, total) == ("depthwise_tensor_rows", 32)
    unit = 2 + 2 * 9 + 2 * 21 + 1  # the loop that computes something once more is not run
    instructions = 4 * (blocks * (40 + 1) + total * 96 * unit)
    found = paper.limits(launch, paper.Code(64, 0, code), problem, "forward", paper.chip)
    assert found is not None
    assert found.by_instructions == pytest.approx(4e9 / instructions * 256 * 96 * 14 * 14 * 4 / 1e12)
    assert found.under_way == pytest.approx(found.warps * min(2, of_a_slice) * 8 * 14 * 14 * 2 / 4)
