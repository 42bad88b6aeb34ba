"""The CUDA kernels of depthwise convolution under the undefined-behaviour sanitizer.

It sees what x86 forgives: packs that do not begin at 16 bytes, indices beyond a register array, integers that overflow.
"""

import contextlib
from pathlib import Path

import pytest
from every_direction import check_every_direction
from instances import EVERY, problem
from simulated_gpu import SimulatedGpu

from dwbridge.kernels.cuda.sources import Instance

FLAGS = ("-fsanitize=undefined", "-fno-sanitize=vptr")


@pytest.mark.parametrize(("case", "dtype"), EVERY)
def test_there_is_none(case: str, dtype: str, libraries: Path, capfd: pytest.CaptureFixture[str]) -> None:
    gpu = SimulatedGpu(libraries, flags=FLAGS)
    with gpu.installed():
        check_every_direction(problem(case, dtype), gpu)
    assert capfd.readouterr().err == ""


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
    gpu = SimulatedGpu(libraries, flags=FLAGS)
    with gpu.installed(), contextlib.suppress(AssertionError, RuntimeError):
        check_every_direction(problem(case, "float32"), gpu)
    assert said in capfd.readouterr().err
