"""CuPy without a driver: its own arrays, over memory of the host that nobody reads, and kernels that do nothing.

What asks the driver is replaced: allocation (every array gets the same address), compiling and launching, the current
device, cuBLAS's handle and products, copies, and what CuPy computes itself (operators, sums, comparisons), of whose
results only shape and dtype are right. All else is CuPy's: making arrays, shapes, flags, views, reshaping, slicing.
"""

from __future__ import annotations

import contextlib
import operator
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

#: Begins at a page, as nothing that a device allocates begins elsewhere than at a multiple of 256 bytes.
ADDRESS, LARGEST = 1 << 40, 1 << 46
ARITHMETIC = ("add", "sub", "mul", "truediv", "matmul")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")


class Counts:
    """How often each thing was asked for."""

    def __init__(self) -> None:
        self.launches = self.products = self.operations = self.allocations = 0

    def since(self, before: Counts) -> dict[str, int]:
        return {name: value - getattr(before, name) for name, value in vars(self).items()}

    def copy(self) -> Counts:
        copied = Counts()
        vars(copied).update(vars(self))
        return copied


class Device:
    """The only device, which is current without being made so."""

    id, compute_capability = 0, "90"

    def __init__(self, number: Any = 0) -> None:
        pass

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device)

    def __hash__(self) -> int:
        return 0


@contextlib.contextmanager
def without_driver(cupy: Any) -> Iterator[Counts]:
    """Replaces, for the length of the `with` block, what needs a driver."""
    counts = Counts()
    allocator = cupy.cuda.get_allocator()
    cupy.cuda.set_allocator(_allocator(cupy, counts))
    with contextlib.ExitStack() as stack:
        stack.callback(cupy.cuda.set_allocator, allocator)
        for owner, replacements in _replacements(cupy, counts):
            for name, value in replacements.items():
                if name in vars(owner):
                    stack.callback(setattr, owner, name, vars(owner)[name])
                else:
                    stack.callback(delattr, owner, name)
                setattr(owner, name, value)
        yield counts


def _allocator(cupy: Any, counts: Counts) -> Callable[[int], Any]:
    memory = cupy.cuda.UnownedMemory(ADDRESS, LARGEST, None, 0)
    pointer = cupy.cuda.MemoryPointer

    def allocate(size: int) -> Any:
        counts.allocations += 1
        return pointer(memory, 0)

    return allocate


def _replacements(cupy: Any, counts: Counts) -> Iterator[tuple[Any, dict[str, Any]]]:
    """(module or class, name -> stand-in)"""
    device = Device()

    def gemm(*args: int) -> None:
        counts.products += 1

    def of(shape: Any, dtype: Any) -> Any:
        counts.operations += 1
        return cupy.empty(shape, dtype)

    yield cupy, {"RawModule": _raw_module(counts), **_functions(cupy, of)}
    yield cupy.cuda, {"Device": Device, "get_cublas_handle": lambda: 1}
    yield cupy.cuda, {"cublas": types.SimpleNamespace(gemmStridedBatchedEx=gemm)}
    yield cupy.cuda.runtime, {"getDeviceCount": lambda: 1}
    yield cupy.ndarray, {"device": property(lambda array: device), **_methods(of)}


def _raw_module(counts: Counts) -> type:
    def kernel(grid: Any, block: Any, args: Sequence[Any], *, shared_mem: int = 0) -> None:
        counts.launches += 1

    class RawModule:
        def __init__(self, *, code: str, options: Sequence[str], backend: str) -> None:
            pass

        def get_function(self, name: str) -> Any:
            return kernel

    return RawModule


def _functions(cupy: Any, of: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """Functions of the module."""

    def asarray(values: Any, dtype: Any = None) -> Any:
        dtype = values.dtype if dtype is None else np.dtype(dtype)
        return values if isinstance(values, cupy.ndarray) and values.dtype == dtype else of(np.shape(values), dtype)

    return {
        "asarray": asarray,
        "ascontiguousarray": lambda array: array if array.flags.c_contiguous else of(array.shape, array.dtype),
        "zeros": of,
        "full": lambda shape, value, dtype=None: of(shape, dtype or np.asarray(value).dtype),
        "zeros_like": lambda array: of(array.shape, array.dtype),
        "ones_like": lambda array: of(array.shape, array.dtype),
        "where": lambda condition, x, y: of(condition.shape, y.dtype),
        "maximum": lambda x, y: of(x.shape, x.dtype),
    }


def _methods(of: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """Methods of arrays."""

    def calculated(function: Callable[..., Any]) -> Callable[..., Any]:
        def operate(left: Any, right: Any) -> Any:
            if function is operator.matmul:
                return of((*left.shape[:-1], right.shape[-1]), left.dtype)
            return of(np.broadcast_shapes(left.shape, np.shape(right)), left.dtype)

        return operate

    def in_place(left: Any, right: Any) -> Any:
        of((), np.int8)
        return left

    def set_item(x: Any, place: Any, values: Any) -> None:
        of((), np.int8)

    def total(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
        return of(tuple(size for i, size in enumerate(x.shape) if i not in axes), dtype or x.dtype)

    def astype(x: Any, dtype: Any, order: str = "K", casting: Any = None, subok: Any = None, copy: bool = True) -> Any:
        return x if not copy and x.dtype == dtype else of(x.shape, dtype)

    arithmetic = {f"__{r}{name}__": calculated(getattr(operator, name)) for name in ARITHMETIC for r in ("", "r")}
    compared = {f"__{name}__": lambda left, right: of(left.shape, np.bool_) for name in COMPARISONS}
    changed = {f"__i{name}__": in_place for name in ARITHMETIC} | {
        "__setitem__": lambda x, place, values: in_place(x, 0)
    }
    return arithmetic | compared | changed | {"sum": total, "astype": astype, "fill": in_place}
