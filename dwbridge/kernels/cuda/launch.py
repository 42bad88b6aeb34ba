"""Launching planned kernels: compiled when they are first wanted, on CuPy's current device and stream.

CuPy keeps what is compiled, for the process and on disk, under the text, the options and the chip. It adds an option of
its own, `-ftz=true`: float32 numbers below 2^-126 are zero in every kernel.
"""

from __future__ import annotations

import functools
import sys
from types import ModuleType
from typing import Any

from dwbridge.backend import Array
from dwbridge.kernels.cuda.plan.launches import PACK, Launch
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.errors import CannotCompileError

OPTIONS = ("--std=c++17",)


def run(launch: Launch, *args: Any) -> None:
    """Launches a kernel with arrays, None for a pointer to nothing, and the launch's own numbers behind them.

    Raises:
        CannotCompileError: if it cannot be compiled for the current device.
    """
    cupy = sys.modules["cupy"]  # whose arrays these are
    instance, kernel, grid, block, numbers = launch
    try:
        _function(cupy, instance, kernel)(grid, (block,), (*args, *numbers))
    except cupy.cuda.compiler.CompileException as error:
        chip = cupy.cuda.Device().compute_capability
        raise CannotCompileError(f"{instance.source}.cuh for sm_{chip}: {error}") from error


@functools.cache
def _function(cupy: ModuleType, instance: Instance, name: str) -> Any:
    """A kernel of an instance, which is compiled for each device that it is called on."""
    return _module(cupy, instance).get_function(name)


@functools.cache
def _module(cupy: ModuleType, instance: Instance) -> Any:
    return cupy.RawModule(code=instance.text(), options=OPTIONS, backend="nvrtc")


def is_aligned(*arrays: Array | None) -> bool:
    """Whether arrays begin at multiples of a pack."""
    bits = 0  # of all addresses: the lower ones are 0 in each, or not in all
    for array in arrays:
        if array is not None:
            bits |= array.data.ptr
    return bits % PACK == 0
