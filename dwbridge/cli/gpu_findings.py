"""What CuPy finds on this machine: driver, compiler, devices, memory, and whether a kernel gives the right numbers.

Versions of CUDA are integers of CUDA's own making: 13020 is 13.2.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from dwbridge.backend import GpuDevice
from dwbridge.kernels.cuda import trial

DRIVER = "install NVIDIA's driver: 580 or newer for CUDA 13, 525 or newer for CUDA 12"
GIB = 1 << 30


class Finding(NamedTuple):
    """One line of the report; `mend` is empty where nothing is wrong."""

    what: str
    found: str
    mend: str = ""


def findings(cupy_mend: str, cuda12_mend: str) -> Iterator[Finding]:
    """What there is, up to the first thing that is missing: nothing after it could be there.

    Args:
        cupy_mend: the command that installs CuPy with all that it needs.
        cuda12_mend: the same, for drivers that know CUDA 12 only.
    """
    try:
        cupy = importlib.import_module("cupy")
    except ImportError as error:
        yield Finding("CuPy", f"cannot be imported: {error}", cupy_mend)
        return
    yield Finding("CuPy", cupy.__version__)
    runtime, driver = cupy.cuda.runtime.runtimeGetVersion(), cupy.cuda.runtime.driverGetVersion()
    yield Finding("CUDA runtime", _cuda(runtime))
    yield _driver(driver, runtime, cuda12_mend)
    yield _compiler(cupy, cupy_mend)
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        mend = "see what nvidia-smi and CUDA_VISIBLE_DEVICES say" if driver else DRIVER
        yield Finding("devices", f"none: {error}", mend)
        return
    for number in range(count):
        yield from _device(cupy, number, cupy_mend)


def _cuda(version: int) -> str:
    return f"{version // 1000}.{version % 1000 // 10}"


def _driver(driver: int, runtime: int, cuda12_mend: str) -> Finding:
    if driver == 0:
        return Finding("CUDA driver", "none", DRIVER)
    if driver // 1000 < runtime // 1000:
        text = f"for CUDA {_cuda(driver)}, older than CuPy's {_cuda(runtime)}"
        return Finding("CUDA driver", text, f"{cuda12_mend}, or {DRIVER}")
    return Finding("CUDA driver", f"for CUDA {_cuda(driver)}")


def _compiler(cupy: Any, mend: str) -> Finding:
    try:
        return Finding("NVRTC", ".".join(map(str, cupy.cuda.nvrtc.getVersion())))
    except Exception as error:  # of several kinds: whatever kept the library from being loaded
        return Finding("NVRTC", f"cannot be loaded: {error}", mend)


def _device(cupy: Any, number: int, mend: str) -> Iterator[Finding]:
    name = cupy.cuda.runtime.getDeviceProperties(number)["name"].decode()
    device, label = cupy.cuda.Device(number), f"device {number}"
    free, total = device.mem_info
    major, minor = device.compute_capability[:-1], device.compute_capability[-1]
    yield Finding(label, f"{name}, compute capability {major}.{minor}, {free / GIB:.1f} of {total / GIB:.1f} GiB free")
    with device:
        pool = cupy.get_default_memory_pool()
        yield Finding(f"{label}: memory pool", f"{pool.used_bytes():,} of {pool.total_bytes():,} bytes in use")
    problem, what = trial.problem(GpuDevice(number)), f"{label}: depthwise kernel"
    yield Finding(what, problem, mend) if problem else Finding(what, "compiles, and gives the right numbers")
