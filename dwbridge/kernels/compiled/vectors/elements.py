"""Arrays by memory position: one element read or written, whatever the strides of the array it belongs to.

Kernels that walk images of any layout get the memory as one flat array and the strides beside it: one compiled variant
for all layouts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dwbridge.kernels.errors import DeclinedError

#: dtype of arrays -> dtype of arithmetic
COMPUTE: dict[np.dtype, np.dtype] = {
    np.dtype(np.float16): np.dtype(np.float32),
    np.dtype(np.float32): np.dtype(np.float32),
    np.dtype(np.float64): np.dtype(np.float64),
}
_WIDE = {types.uint16: types.float32}


class Memory(NamedTuple):
    """An array's memory as one axis, where its first element lies there, and its strides, in elements."""

    flat: np.ndarray
    start: int
    strides: tuple[int, ...]


class _Interface:
    """Memory under another shape, writable in name: read-only arrays are a type of their own to Numba."""

    def __init__(self, owner: np.ndarray, address: int, size: int) -> None:
        dtype = np.dtype(np.uint16) if owner.dtype == np.float16 else owner.dtype
        self.owner = owner
        self.__array_interface__ = {"data": (address, False), "shape": (size,), "typestr": dtype.str, "version": 3}


def memory(array: np.ndarray) -> Memory:
    """The memory of an array; float16 as uint16. Kernels must not write to it.

    Raises:
        DeclinedError: if the elements do not lie at multiples of their size.

    Example:
        >>> flat, start, strides = memory(np.arange(6.).reshape(2, 3)[:, ::-1])
        >>> flat[start], strides
        (np.float64(2.0), (3, -1))
    """
    size = array.dtype.itemsize
    if array.flags.carray and type(array) is np.ndarray and array.size:
        flat = array.reshape(-1)
        strides = tuple(stride // size for stride in array.strides)
        return Memory(flat.view(np.uint16) if size == 2 else flat, 0, strides)
    if not array.flags.aligned or any(stride % size for stride in array.strides):
        raise DeclinedError(f"expected elements at multiples of their size, got strides {array.strides}")
    if array.size == 0:
        return Memory(np.empty(0, np.uint16 if size == 2 else array.dtype), 0, (0,) * array.ndim)
    first, end = np.lib.array_utils.byte_bounds(array)
    address = array.__array_interface__["data"][0]
    flat = np.asarray(_Interface(array, first, (end - first) // size))
    return Memory(flat, (address - first) // size, tuple(stride // size for stride in array.strides))


def compute_type(dtype: Any, *others: Any) -> np.dtype:
    """The dtype of the arithmetic on arrays of `dtype` with arrays of other dtypes, which must not be wider.

    Raises:
        DeclinedError: if one is none of float16, float32, float64 in this machine's byte order, or is wider.
    """
    wide = COMPUTE.get(np.dtype(dtype))
    kinds = [COMPUTE.get(np.dtype(other)) for other in others]
    if wide is None or any(kind is None or kind.itemsize > wide.itemsize for kind in kinds):
        raise DeclinedError(f"expected native floating dtypes, the first one the widest, got {[dtype, *others]}")
    return wide


def _element(context: Any, builder: ir.IRBuilder, kind: types.Array, array: ir.Value, position: ir.Value) -> ir.Value:
    """A pointer to array[position], checked when NUMBA_BOUNDSCHECK is set."""
    struct = context.make_array(kind)(context, builder, array)
    return cgutils.get_item_pointer(context, builder, kind, struct, [position], boundscheck=True)


@intrinsic
def read(typingctx, source, position):
    """source[position], in the computing type."""
    signature = _WIDE.get(source.dtype, source.dtype)(source, types.intp)

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        value = builder.load(_element(context, builder, sig.args[0], *args))
        if sig.args[0].dtype != types.uint16:
            return value
        return builder.fpext(builder.bitcast(value, ir.HalfType()), ir.FloatType())

    return signature, generate


@intrinsic
def write(typingctx, out, position, value):
    """out[position] = value, rounded to the type in which `out` is stored."""
    signature = types.void(out, types.intp, _WIDE.get(out.dtype, out.dtype))

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        array, position, value = args
        if sig.args[0].dtype == types.uint16:
            value = builder.bitcast(builder.fptrunc(value, ir.HalfType()), ir.IntType(16))
        builder.store(value, _element(context, builder, sig.args[0], array, position))
        return context.get_dummy_value()

    return signature, generate
