"""The module `cupy`, on simulated devices."""

from __future__ import annotations

import contextlib
import importlib.machinery
import math
import sys
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simulated_gpu import cublas
from simulated_gpu.array import asarray, call, index, ndarray, of, plain, unwritten
from simulated_gpu.device import CompileException, Device, MemoryPool, cuda
from simulated_gpu.guards import Arguments
from simulated_gpu.names import FUNCTIONS, LINALG, RANDOM, SAME, SPECIAL, UFUNCS, Signature
from simulated_gpu.sources import Library
from simulated_gpu.transfers import transfers

#: Not NumPy's global state: CuPy has one of its own.
DRAWS = np.random.RandomState(0)


class SimulatedGpu:
    """CuPy with two devices, while it is `installed`.

    Args:
        folder: where compiled kernels are kept.
        order: the order in which threads run; see `Library.launch`.
        flags: more arguments for g++.

    Attributes:
        launches: the names of the kernels that ran; cuBLAS's products are `gemm`.
        transfers: what was brought to main memory, or waited for.
    """

    def __init__(self, folder: Path, order: int = 0, flags: Sequence[str] = ()) -> None:
        self.folder, self.order, self.flags = folder, order, flags
        self.launches: list[str] = []
        self.transfers = transfers
        self.module = self._module()

    @contextlib.contextmanager
    def installed(self) -> Iterator[types.ModuleType]:
        """Makes `import cupy` give the simulation."""
        modules = {"cupy": self.module, "cupyx.scipy.special": _special()}
        before = {name: sys.modules.pop(name) for name in modules if name in sys.modules}
        sys.modules.update(modules)
        Device.current = 0
        transfers.clear()
        try:
            yield self.module
        finally:
            for name in modules:
                del sys.modules[name]
            sys.modules.update(before)

    def _module(self) -> types.ModuleType:
        module = _Cupy("cupy")
        module.__spec__ = importlib.machinery.ModuleSpec("cupy", None)
        module.cuda = cuda()  # type: ignore[attr-defined]
        gpu = self

        class RawModule:
            def __init__(self, *, code: str, options: Sequence[str] = (), backend: str = "nvrtc") -> None:
                self.code = code

            def get_function(self, name: str) -> Any:
                try:
                    self.library = Library(self.code, gpu.folder, gpu.flags)
                except RuntimeError as error:
                    raise CompileException(str(error)) from None

                def kernel(grid: Any, block: Any, args: Sequence[Any], *, shared_mem: int = 0) -> None:
                    gpu.launches.append(name)
                    arguments = Arguments(args)
                    self.library.launch(name, grid, block, arguments.given, gpu.order)
                    arguments.give_back()

                return kernel

        def gemm(*args: int) -> None:
            gpu.launches.append("gemm")
            cublas.gemmStridedBatchedEx(*args)

        module.RawModule = RawModule  # type: ignore[attr-defined]
        module._core = types.SimpleNamespace(get_compute_type=lambda dtype: 1)  # type: ignore[attr-defined]
        module.cuda.cublas = types.SimpleNamespace(gemmStridedBatchedEx=gemm)
        module.cuda.get_cublas_handle = lambda: cublas.HANDLE
        return module


class _Cupy(types.ModuleType):
    __version__ = "14.2.0"
    ndarray = ndarray
    asarray = staticmethod(asarray)
    array = staticmethod(asarray)

    @staticmethod
    def empty(shape: Any, dtype: Any = float, order: str = "C") -> Any:
        return of(unwritten(np.empty(shape, dtype, order)))

    @staticmethod
    def empty_like(array: Any, dtype: Any = None) -> Any:
        return of(unwritten(np.empty_like(plain(array), dtype)))

    @staticmethod
    def asnumpy(array: Any) -> np.ndarray:
        return array.get() if isinstance(array, ndarray) else np.asarray(array)

    @staticmethod
    def ascontiguousarray(array: Any, dtype: Any = None) -> Any:
        array = asarray(array, dtype)
        return array if array.memory.flags.c_contiguous else array.copy()

    @staticmethod
    def where(condition: Any, x: Any = None, y: Any = None) -> Any:
        """CuPy's has nothing for bfloat16, and takes the next type for it that it has."""
        found = _function(np, "where", FUNCTIONS["where"])(condition, x, y)
        return found.astype(np.float32) if found.dtype.name == "bfloat16" else found

    @staticmethod
    def get_default_memory_pool() -> MemoryPool:
        return MemoryPool()

    def __getattr__(self, name: str) -> Any:
        if name in SAME:
            return getattr(np, name)
        if name in FUNCTIONS:
            return _function(np, name, FUNCTIONS[name])
        if name in UFUNCS:
            return _Ufunc(getattr(np, name))
        if name == "random":
            return types.SimpleNamespace(**{name: _drawing(name) for name in RANDOM})
        if name == "linalg":
            return types.SimpleNamespace(**{name: _function(np.linalg, name, LINALG[name]) for name in LINALG})
        raise AttributeError(f"the simulated cupy has no {name!r}: if CuPy has, give it a line in names.py")


def _drawing(name: str) -> Any:
    """A function of `cupy.random`, which draws in the type that it is asked for."""
    signature = Signature(name, RANDOM[name])

    def draw(*args: Any, dtype: Any = float, **options: Any) -> Any:
        signature.check(args, options)
        return of(np.asarray(getattr(DRAWS, name)(*args, **options), dtype))

    return draw


def _function(owner: Any, name: str, parameters: str) -> Any:
    """A function of NumPy on arrays of the device, with CuPy's parameters."""
    signature, function = Signature(name, parameters), getattr(owner, name)

    def on_device(*args: Any, **options: Any) -> Any:
        signature.check(args, options)
        return call(function, *args, **options)

    return on_device


#: Types of which CuPy adds single elements, with atomics.
ADDED_AT = ("int32", "int64", "float16", "float32", "float64", "uint32", "uint64")


class _Ufunc:
    """A function of every element. Of ufuncs' methods CuPy has `at` for a few."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.__name__ = function.__name__

    def __call__(self, *args: Any, out: Any = None, dtype: Any = None, casting: str = "same_kind") -> Any:
        return call(self.function, *args, out=out, dtype=dtype, casting=casting)

    def at(self, array: Any, place: Any, values: Any = None) -> None:
        if self.__name__ not in ("add", "subtract", "maximum", "minimum"):
            raise NotImplementedError(f"`{self.__name__}.at` is not supported yet")
        if array.dtype.name not in ADDED_AT:
            raise TypeError(f"cupy.{self.__name__}.at only supports {', '.join(ADDED_AT)} as data type")
        self.function.at(plain(array), index(place, read=False), plain(values))


def _special() -> types.ModuleType:
    """`cupyx.scipy.special`."""
    module = types.ModuleType("cupyx.scipy.special")
    for name in SPECIAL:
        function = np.vectorize(getattr(math, name), otypes="d")
        setattr(module, name, lambda x, function=function: call(function, x).astype(x.dtype))
    return module
