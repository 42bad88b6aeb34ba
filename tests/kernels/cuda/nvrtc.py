"""NVRTC without a GPU: an instance becomes machine code for a chip, and ptxas says what it needs."""

import re
from typing import Any, NamedTuple

from cuda.bindings import nvrtc

from dwbridge.kernels.cuda.sources import Instance

_KERNEL = re.compile(
    r"Compiling entry function '(?P<name>\w+)' for '(?P<chip>\w+)'.*?"
    r"(?P<stack>\d+) bytes stack frame, (?P<stores>\d+) bytes spill stores, (?P<loads>\d+) bytes spill loads.*?"
    r"Used (?P<registers>\d+) registers",
    re.DOTALL,
)


class Needs(NamedTuple):
    """What a kernel needs on a chip."""

    registers: int
    spilled: int  #: bytes, stores and loads


def chips() -> list[int]:
    """The compute capabilities that this NVRTC knows, 75 for 7.5."""
    _, chips = _checked(nvrtc.nvrtcGetSupportedArchs())
    return list(chips)


def chips_under_test() -> list[int]:
    """Those for which kernels are compiled in tests: Turing, Ampere, Hopper, and the newest that this NVRTC knows."""
    return sorted({75, 80, 90, max(chips())})


def compiled(instance: Instance, chip: int) -> tuple[bytes, dict[str, Needs]]:
    """The machine code of an instance, and what its kernels need.

    Raises:
        RuntimeError: if it does not compile, with what the compiler said.
    """
    _, program = _checked(nvrtc.nvrtcCreateProgram(instance.text().encode(), b"instance.cu", 0, [], []))
    options = [f"--gpu-architecture=sm_{chip}", "--std=c++17", "--ptxas-options=-v"]
    (status,) = nvrtc.nvrtcCompileProgram(program, len(options), [option.encode() for option in options])
    _, size = _checked(nvrtc.nvrtcGetProgramLogSize(program))
    log = b" " * size
    _checked(nvrtc.nvrtcGetProgramLog(program, log))
    text = log.decode().rstrip("\0 ")
    if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        raise RuntimeError(f"{instance} does not compile for sm_{chip}:\n{text}")
    _, size = _checked(nvrtc.nvrtcGetCUBINSize(program))
    code = b" " * size
    _checked(nvrtc.nvrtcGetCUBIN(program, code))
    _checked(nvrtc.nvrtcDestroyProgram(program))
    needs = {
        found["name"]: Needs(int(found["registers"]), int(found["stores"]) + int(found["loads"]))
        for found in _KERNEL.finditer(text)
    }
    return code, needs


def _checked(result: tuple[Any, ...]) -> tuple[Any, ...]:
    if result[0] != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        raise RuntimeError(f"NVRTC: {result[0].name}")
    return result if len(result) > 1 else (*result, None)
