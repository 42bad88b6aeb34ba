"""Nothing but sums that are not finite is computed once more."""

import pytest
from every_direction import check_every_direction
from instances import CASES, launches, problem
from repairs import without_repairs
from simulated_gpu import SimulatedGpu

from dwbridge.kernels.cuda.sources import Instance


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith(("tensor rows", "tensor maps"))])
def test_nothing_is_left_to_be_repaired(case: str, gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Instance.text
    forward = next(launches(problem(case))).instance
    assert honest(forward) != without_repairs(honest(forward))
    monkeypatch.setattr(Instance, "text", lambda instance: without_repairs(honest(instance)))
    check_every_direction(problem(case), gpu)
