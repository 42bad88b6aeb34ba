"""NVRTC without a GPU: an instance becomes machine code for a chip, and the compiler says what it needs.

What it said is kept in a folder, under the source, the chip and the version: a second run compiles nothing.
"""

import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from cuda.bindings import nvrtc
from made_once import made_once

from dwbridge.kernels.cuda.sources import Instance

_KERNEL = re.compile(
    r"Compiling entry function '(?P<name>\w+)' for '(?P<chip>\w+)'.*?"
    r"(?P<stack>\d+) bytes stack frame, (?P<stores>\d+) bytes spill stores, (?P<loads>\d+) bytes spill loads.*?"
    r"Used (?P<registers>\d+) registers",
    re.DOTALL,
)
_ACCESS = re.compile(r"\s((?:ld|st)\.global[\w.]*|cp\.async\.c[ag][\w.]*)")


class Needs(NamedTuple):
    """What a kernel needs on a chip."""

    registers: int
    spilled: int  #: bytes in local memory: stores and loads of spilled registers, and arrays that are not in registers


class Compiled(NamedTuple):
    """What became of an instance."""

    kernels: dict[str, Needs]
    accesses: dict[str, int]  #: instructions on global memory, as PTX names them, and how many


def chips() -> list[int]:
    """The compute capabilities that this NVRTC knows, 75 for 7.5."""
    _, chips = _checked(nvrtc.nvrtcGetSupportedArchs())
    return list(chips)


def chips_under_test() -> list[int]:
    """Those for which kernels are compiled in tests: Turing, Ampere, Hopper, and the newest that this NVRTC knows."""
    return sorted({75, 80, 90, max(chips())})


def compiled(instance: Instance, chip: int, folder: Path) -> Compiled:
    """Compiles an instance, or finds in `folder` that it was.

    Raises:
        RuntimeError: if it does not compile, with what the compiler said.
    """
    text = instance.text()
    version = _checked(nvrtc.nvrtcVersion())[1:]
    kept = folder / (hashlib.sha256(repr((text, chip, version)).encode()).hexdigest()[:32] + ".json")
    made_once(kept, lambda begun: begun.write_text(json.dumps(_outcome(instance, text, chip))))
    kernels, accesses = json.loads(kept.read_text())
    return Compiled({name: Needs(*needs) for name, needs in kernels.items()}, accesses)


def _outcome(instance: Instance, text: str, chip: int) -> Compiled:
    _, program = _checked(nvrtc.nvrtcCreateProgram(text.encode(), b"instance.cu", 0, [], []))
    # Minimal: without textures and the runtime's names, of which sources use none; the code is the same.
    options = [f"--gpu-architecture=sm_{chip}", "--std=c++17", "--ptxas-options=-v", "--minimal"]
    (status,) = nvrtc.nvrtcCompileProgram(program, len(options), [option.encode() for option in options])
    log = _said(program, nvrtc.nvrtcGetProgramLogSize, nvrtc.nvrtcGetProgramLog)
    if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        raise RuntimeError(f"{instance} does not compile for sm_{chip}:\n{log}")
    ptx = _said(program, nvrtc.nvrtcGetPTXSize, nvrtc.nvrtcGetPTX)
    _checked(nvrtc.nvrtcDestroyProgram(program))
    needs = {
        found["name"]: Needs(int(found["registers"]), sum(int(found[what]) for what in ("stack", "stores", "loads")))
        for found in _KERNEL.finditer(log)
    }
    return Compiled(needs, Counter(_ACCESS.findall(ptx)))


def _said(program: Any, ask_size: Any, ask: Any) -> str:
    _, size = _checked(ask_size(program))
    text = b" " * size
    _checked(ask(program, text))
    return text.decode().rstrip("\0 ")


def _checked(result: tuple[Any, ...]) -> tuple[Any, ...]:
    if result[0] != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        raise RuntimeError(f"NVRTC: {result[0].name}")
    return result if len(result) > 1 else (*result, None)
