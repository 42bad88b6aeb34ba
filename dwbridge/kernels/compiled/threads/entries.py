"""Entries: compiled functions with their arguments, as two numbers that any thread can call without Python.

A function f(*args) becomes a C function entry(void* args), which is nonzero if f raised, and the memory of its
arguments on the caller's stack: valid until the function returns that stored them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_ADDRESS, _FAILED, _POINTER = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()
_ENTRY = ir.FunctionType(_FAILED, [_POINTER])


@intrinsic
def stored(typingctx, args):
    """Where the tuple `args` lies in this function's stack frame."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, values: Sequence[ir.Value]) -> Any:
        return builder.ptrtoint(cgutils.alloca_once_value(builder, values[0]), _ADDRESS)

    return types.intp(args), generate


@intrinsic
def own_entry(typingctx, args):
    """The address of the entry of the function in which this stands, which returns an integer.

    `args` is a tuple of arguments for it, of the types of its own.
    """

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, values: Sequence[ir.Value]) -> Any:
        function = ir.Function(builder.module, _ENTRY, f"entry.{builder.function.name}")
        function.linkage = "internal"
        builder.function.attributes.add("noinline")  # it has more callers than one, and is long
        inside = ir.IRBuilder(function.append_basic_block())
        kind = context.get_value_type(args)
        given = inside.load(inside.bitcast(function.args[0], kind.as_pointer()), typ=kind)
        unpacked = [inside.extract_value(given, i) for i in range(len(args.types))]
        status, _ = context.call_conv.call_function(inside, builder.function, types.int64, args.types, unpacked)
        inside.ret(inside.zext(status.is_error, _FAILED))
        return builder.ptrtoint(function, _ADDRESS)

    return types.intp(args), generate


@intrinsic
def call(typingctx, address, args):
    """Calls the entry at an address; nonzero if the function raised."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, values: Sequence[ir.Value]) -> Any:
        function = builder.inttoptr(values[0], _ENTRY.as_pointer())
        return builder.zext(builder.call(function, [builder.inttoptr(values[1], _POINTER)]), _ADDRESS)

    return types.int64(types.intp, types.intp), generate
