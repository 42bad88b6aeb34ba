"""That the sanitizer under which tests of CUDA kernels run sees undefined behaviour."""

import contextlib
from pathlib import Path

import pytest
from every_direction import check_every_direction
from instances import problem
from simulated_gpu import SimulatedGpu
from simulated_gpu.sources import SANITIZED

from dwbridge.kernels.cuda.sources import Instance

#: what the sanitizer says -> a case, what stands in a source, and what stands there with the fault
FAULTS = {
    # packs of 8 bytes, which x86 takes anywhere
    "misaligned address": ("rows of parts", "const STORED* row = image", "const STORED* row = 1 + image"),
    "out of bounds": (
        "rows 3x3",
        "const WIDE start = ",
        "const WIDE start = taps[K * K + strip.lane % 2] > 7 ? (WIDE)7 : ",
    ),
    "integer overflow": ("rows 3x3", "const int first =", "const int first = 0x7fffffff + band_rows + bands +"),
}


@pytest.mark.parametrize("said", FAULTS)
def test_it_is_seen(
    said: str, libraries: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    case, right, wrong = FAULTS[said]
    honest = Instance.text
    monkeypatch.setattr(Instance, "text", lambda instance: honest(instance).replace(right, wrong))
    gpu = SimulatedGpu(libraries, flags=SANITIZED)
    with gpu.installed(), contextlib.suppress(AssertionError, RuntimeError):
        check_every_direction(problem(case, "float32"), gpu)
    assert said in capfd.readouterr().err
