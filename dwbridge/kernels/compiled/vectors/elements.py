"""Elements of arrays, one by one, read and written in the computing type; float16 is stored as uint16."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_WIDE = {types.uint16: types.float32}


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
