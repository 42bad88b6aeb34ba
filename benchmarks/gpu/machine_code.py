"""What a compiler makes of a kernel, without a GPU: registers, shared memory, and the instructions of its loops.

NVRTC compiles, cuobjdump shows; both are on PyPI: nvidia-cuda-nvrtc with cuda-bindings, nvidia-cuda-cuobjdump with
nvidia-cuda-nvdisasm.
"""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from dwbridge.kernels.cuda.launch import OPTIONS
from dwbridge.kernels.cuda.sources import Instance

#: Of products, which the loops that matter are made of.
PRODUCTS = ("FFMA", "DFMA", "HMMA")

_NEEDS = r"'{kernel}' for .*?(?P<stack>\d+) bytes stack.*?Used (?P<registers>\d+) registers(?P<rest>[^\n]*)"
_INSTRUCTION = re.compile(r"/\*([0-9a-f]{4,})\*/\s+(?:@!?U?P\w+\s+)?(\w+)([^;]*);")
_TARGET = re.compile(r"(0x[0-9a-f]+)")


class Code(NamedTuple):
    """The machine code of a kernel."""

    registers: int
    shared: int  #: bytes of a block
    instructions: list[tuple[int, str, str]]  #: address, operation, operands

    def loops(self) -> list[Loop]:
        """Every loop: what lies between a jump back and its target."""
        found = []
        for address, operation, operands in self.instructions:
            target = _TARGET.search(operands) if operation == "BRA" else None
            if target and int(target[1], 16) < address:
                found.append(Loop(int(target[1], 16), address, self.between(int(target[1], 16), address)))
        return found

    def between(self, begin: int, end: int) -> list[str]:
        """The operations from one address to another."""
        return [name for at, name, _ in self.instructions if begin <= at <= end]

    def inner_loop(self) -> list[str]:
        """The operations of the smallest loop with products in it; of the whole kernel, if it has none."""
        whole = [name for _, name, _ in self.instructions]
        busy = [loop.operations for loop in self.loops() if sum(name in PRODUCTS for name in loop.operations) > 8]
        return min(busy, key=len, default=whole)


class Loop(NamedTuple):
    """A loop of a kernel."""

    begin: int  #: addresses of its first and its last instruction
    end: int
    operations: list[str]

    def has(self, *names: str) -> bool:
        """Whether it has each of these operations."""
        return set(names) <= set(self.operations)

    def within(self, other: Loop) -> bool:
        """Whether it is a part of another."""
        return self != other and other.begin <= self.begin and self.end <= other.end


def code(instance: Instance, kernel: str, chip: int) -> Code:
    """Compiles a kernel.

    Raises:
        RuntimeError: if it does not compile, with what the compiler said.
        FileNotFoundError: if there is no cuobjdump.
    """
    cubin, log = _compiled(instance, chip)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kernel.cubin"
        file.write_bytes(cubin)
        command = [_cuobjdump(), "--dump-sass", "--function", kernel, str(file)]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    needs = re.search(_NEEDS.format(kernel=kernel), log, re.DOTALL)
    assert needs is not None, log
    shared = re.search(r"(\d+) bytes smem", needs["rest"])
    instructions = [(int(at, 16), name, operands) for at, name, operands in _INSTRUCTION.findall(text)]
    return Code(int(needs["registers"]), int(shared[1]) if shared else 0, instructions)


def _cuobjdump() -> str:
    """The program: on the path, or where its package puts it."""
    beside = [str(folder) for entry in sys.path for folder in Path(entry).glob("nvidia/cu*/bin")]
    found = shutil.which("cuobjdump") or shutil.which("cuobjdump", path=":".join(beside))
    if found is None:
        raise FileNotFoundError("cuobjdump: pip install nvidia-cuda-cuobjdump nvidia-cuda-nvdisasm")
    return found


def _compiled(instance: Instance, chip: int) -> tuple[bytes, str]:
    nvrtc: Any = importlib.import_module("cuda.bindings.nvrtc")
    _, program = nvrtc.nvrtcCreateProgram(instance.text().encode(), b"kernel.cu", 0, [], [])
    options = [f"--gpu-architecture=sm_{chip}", "-ftz=true", "--ptxas-options=-v", *OPTIONS]
    (status,) = nvrtc.nvrtcCompileProgram(program, len(options), [option.encode() for option in options])
    log = _said(program, nvrtc.nvrtcGetProgramLogSize, nvrtc.nvrtcGetProgramLog).decode()
    if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        raise RuntimeError(f"{instance} does not compile for sm_{chip}:\n{log}")
    return _said(program, nvrtc.nvrtcGetCUBINSize, nvrtc.nvrtcGetCUBIN), log


def _said(program: Any, ask_size: Any, ask: Any) -> bytes:
    _, size = ask_size(program)
    said = b" " * size
    ask(program, said)
    return said
