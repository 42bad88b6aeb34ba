"""CUDA sources on the CPU: compiled by g++ behind `host.h`, once per folder, and run as functions."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from made_once import made_once

HOST, HEADER, SCHEDULER = (Path(__file__).with_name(name) for name in ("host.h", "scheduler.h", "scheduler.cpp"))
#: Unoptimised code takes minutes for what this compiles to in seconds.
COMMAND = ("g++", "-std=c++17", "-O1", "-fPIC", "-shared", "-fno-strict-aliasing", "-ffp-contract=off")

#: Flags with which g++ sees undefined behaviour and says "runtime error": also what x86 forgives, as packs that do not
#: begin at 16 bytes, indices beyond an array in registers, and integers that overflow.
SANITIZED = ("-fsanitize=undefined", "-fno-sanitize=vptr")

#: Libraries, of C and of the sanitizer, come with the scheduler's: to search them for each source is a quarter of what
#: g++ does.
WITHOUT_LIBRARIES = ("-nostdlib", "-fno-use-linker-plugin")

_KERNEL = re.compile(r'extern "C" __global__ void (?:__launch_bounds__\([^)]*\)\s*)?(\w+)\(([^)]*)\)')
_DEFINES = re.compile(r"\A(?:#define .*\n)*")


def can_compile() -> bool:
    return shutil.which("g++") is not None


class Pointer(int):
    """An address, as a kernel's argument."""


class Library:
    """The kernels of one source.

    Args:
        text: the source; defines at its beginning hold for `host.h` too.
        folder: where what g++ makes is kept.
        flags: more arguments for g++.
    """

    def __init__(self, text: str, folder: Path, flags: Sequence[str] = ()) -> None:
        # All libraries share the scheduler's threads: one launch at a time, so Python's other threads wait.
        self._library = ctypes.PyDLL(str(_compiled(text, folder, tuple(flags))))

    def launch(
        self, kernel: str, grid: Sequence[int], block: Sequence[int], args: Sequence[Any], order: int = 0
    ) -> None:
        """Runs a kernel to its end.

        Args:
            kernel: its name.
            grid, block: up to three numbers.
            args: addresses as `Pointer`, and NumPy scalars and structs, which are given by value.
            order: that in which the threads of a block run: 0 ascending, 1 descending, else shuffled with that seed.

        Raises:
            TypeError: if the arguments are not as many, or not as large, as the kernel's.
            RuntimeError: if threads wait for one another for ever.
        """
        function = getattr(self._library, f"run_{kernel}")
        function.restype = ctypes.c_char_p
        held = [np.array(arg, np.uint64) if isinstance(arg, Pointer) else np.asarray(arg) for arg in args]
        given, taken = [value.nbytes for value in held], self._sizes(kernel)
        if given != taken:
            raise TypeError(f"{kernel}: expected arguments of {taken} bytes, got {given}")
        pointers = (ctypes.c_void_p * len(held))(*(value.ctypes.data for value in held))
        sizes = [(ctypes.c_uint * 3)(*(*size, 1, 1)[:3]) for size in (grid, block)]
        complaint = function(*sizes, order, pointers)
        if complaint:
            raise RuntimeError(f"{kernel}: {complaint.decode()}")

    def _sizes(self, kernel: str) -> list[int]:
        """The bytes of a kernel's arguments."""
        count = ctypes.c_int.in_dll(self._library, f"count_{kernel}").value
        return list((ctypes.c_int * count).in_dll(self._library, f"sizes_{kernel}"))


def _compiled(text: str, folder: Path, flags: tuple[str, ...]) -> Path:
    """The shared library of a source.

    The scheduler's lies beside it: were that a part of each, all their stacks would be more than a fork is given.
    """
    defines = _DEFINES.match(text)
    assert defines is not None
    in_float32 = int("#define WIDE float\n" in defines[0])
    runners = "".join(_runner(name, parameters, in_float32) for name, parameters in _KERNEL.findall(text))
    whole = f'{defines[0]}#include "{HOST}"\n{text[defines.end() :]}\n{runners}'
    scheduler = _built(f'#include "{SCHEDULER}"\n', folder, flags)
    return _built(whole, folder, ("-L.", f"-l:{scheduler.name}", "-Wl,-rpath,$ORIGIN", *WITHOUT_LIBRARIES, *flags))


@functools.cache
def _built(text: str, folder: Path, flags: tuple[str, ...]) -> Path:
    """The shared library that g++ makes of a text."""
    result = folder / (hashlib.sha256(repr((text, flags, _surroundings())).encode()).hexdigest()[:20] + ".so")

    def make(begun: Path) -> None:
        source = begun.with_name(f"{begun.name}.cpp")
        source.write_text(text)
        command = [*COMMAND, source.name, *flags, "-o", begun.name]
        outcome = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if outcome.returncode:
            raise RuntimeError(f"g++ does not compile {source}:\n{outcome.stderr}")
        source.unlink()

    return made_once(result, make)


@functools.cache
def _surroundings() -> tuple[str, ...]:
    """What else the result depends on: our part of each program, and the compiler."""
    compiler = subprocess.run(["g++", "--version"], capture_output=True, text=True, check=True).stdout
    return (compiler, *(part.read_text() for part in (HOST, HEADER, SCHEDULER)))


def _runner(name: str, parameters: str, tiny_are_zero: int) -> str:
    """A C function that launches a kernel with arguments that lie where pointers say."""
    kinds = [
        re.sub(r"\w+$", "", " ".join(p.split())).replace("__restrict__", "").strip() for p in parameters.split(",")
    ]
    given = ", ".join(f"*({kind}*)args[{i}]" for i, kind in enumerate(kinds))
    sizes = ", ".join(f"sizeof({kind})" for kind in kinds)
    body = f"[](void** args) {{ {name}({given}); }}"
    return (
        f'extern "C" {{ int count_{name} = {len(kinds)}, sizes_{name}[] = {{{sizes}}}; }}\n'
        f'extern "C" const char* run_{name}(const unsigned* grid, const unsigned* block, int order, void** args) {{\n'
        f"    return host::launch(grid, block, order, {body}, args, SHARED_MEMORY, {tiny_are_zero});\n}}\n"
    )
