"""What `dwbridge doctor` says of the GPU: on a simulated one, and where something is missing."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from simulated_gpu import SimulatedGpu

from dwbridge.cli.gpu_findings import Finding, findings
from dwbridge.kernels.cuda import trial


def found() -> dict[str, Finding]:
    return {finding.what: finding for finding in findings("INSTALL", "INSTALL FOR 12")}


def test_a_gpu_that_works(gpu: SimulatedGpu) -> None:
    lines = found()
    assert not any(finding.mend for finding in lines.values())
    assert {what: finding.found for what, finding in lines.items() if "1" not in what} == {
        "CuPy": "14.2.0",
        "CUDA runtime": "13.2",
        "CUDA driver": "for CUDA 13.2",
        "NVRTC": "13.5",
        "device 0": "Simulated GPU, compute capability 9.0, 6.0 of 8.0 GiB free",
        "device 0: memory pool": "0 of 0 bytes in use",
        "device 0: depthwise kernel": "compiles, and gives the right numbers",
    }
    assert "device 1: depthwise kernel" in lines


def test_the_command_shows_it(gpu: SimulatedGpu, run: Callable) -> None:
    outcome = run("doctor")
    assert (outcome.code, outcome.err) == (0, "")
    assert "device 1: depthwise kernel compiles, and gives the right numbers" in " ".join(outcome.out.split())
    (line,) = (line for line in outcome.out.splitlines() if line.split()[:1] == ["native-cuda"])
    assert line.split() == ["native-cuda", "yes"]


def test_without_cupy_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch, run: Callable) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    (finding,) = found().values()
    assert (finding.what, finding.mend) == ("CuPy", "INSTALL")
    out = run("doctor").out
    assert "pip install 'cupy-cuda13x[" in out
    assert "pip install 'onnxruntime-gpu" in out or "onnxruntime-cuda  yes" in out


@pytest.mark.parametrize(
    ("driver", "expected"),
    [
        (0, ("none", "install NVIDIA's driver: 580 or newer for CUDA 13")),
        (12040, ("for CUDA 12.4, older than CuPy's 13.2", "INSTALL FOR 12, or install NVIDIA's driver")),
    ],
)
def test_drivers(driver: int, expected: tuple[str, str], gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise gpu.module.cuda.runtime.CUDARuntimeError("cudaErrorInsufficientDriver")

    monkeypatch.setattr(gpu.module.cuda.runtime, "driverGetVersion", lambda: driver)
    monkeypatch.setattr(gpu.module.cuda.runtime, "getDeviceCount", fail)
    lines = found()
    assert lines["CUDA driver"].found == expected[0]
    assert lines["CUDA driver"].mend.startswith(expected[1])
    assert lines["devices"].found == "none: cudaErrorInsufficientDriver"
    assert lines["devices"].mend


def test_a_compiler_that_is_not_there(gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("CuPy failed to load libnvrtc.so.13")

    monkeypatch.setattr(gpu.module.cuda.nvrtc, "getVersion", fail)
    monkeypatch.setattr(gpu.module, "RawModule", lambda **_: fail())
    lines = found()
    assert lines["NVRTC"].mend == "INSTALL"
    kernel = lines["device 0: depthwise kernel"]
    assert kernel == (kernel.what, "a kernel does not run: CuPy failed to load libnvrtc.so.13", "INSTALL")


def test_wrong_numbers_are_said(gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial.depthwise, "run", lambda *_: None)
    assert found()["device 1: depthwise kernel"].found.startswith("a kernel gives wrong numbers: [nan")
