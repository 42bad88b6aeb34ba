"""TF32, which NVIDIA's libraries may multiply float32 with, is decided once in a process: at its first CUDA call.

NVIDIA_TF32_OVERRIDE=0 in the environment forbids it whatever programs ask for; unset, programs decide. Source: NVIDIA,
cuBLAS documentation, section 2.1.11, and cuDNN's developer guide.
"""

import os
from pathlib import Path

VARIABLE = "NVIDIA_TF32_OVERRIDE"

_settled: bool | None = None


def settle(wanted: bool) -> bool:
    """Whether TF32 is allowed in this process as it is wanted; settles that where it is not too late."""
    global _settled
    if _settled is None and not _driver_is_loaded():
        _apply(os.environ, wanted)
        _settled = wanted
    return _settled == wanted


def environment(wanted: bool) -> dict[str, str]:
    """This process's environment for one in which TF32 is allowed or not."""
    variables = dict(os.environ)
    _apply(variables, wanted)
    return variables


def _apply(variables: "os._Environ[str] | dict[str, str]", wanted: bool) -> None:
    if wanted:
        variables.pop(VARIABLE, None)
    else:
        variables[VARIABLE] = "0"


def _driver_is_loaded() -> bool:
    """Whether CUDA may have been called already: its driver is in this process."""
    maps = Path("/proc/self/maps")
    return not maps.exists() or "libcuda.so" in maps.read_text()
