"""What threads may do to words that they share: 64-bit integers in an array, in one order that all of them see."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dwbridge.kernels.compiled.compiler import subroutine

ORDER = "seq_cst"
WORD_BYTES = 8

_ARM = "llvm.aarch64.hint", (1,)
_X86 = "llvm.x86.sse2.pause", ()
_HINT = {"x86_64": _X86, "amd64": _X86, "aarch64": _ARM, "arm64": _ARM}.get(platform.machine().lower())


def _word(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> ir.Value:
    """A pointer to words[place], the first two arguments."""
    struct = context.make_array(sig.args[0])(context, builder, args[0])
    return cgutils.get_item_pointer(context, builder, sig.args[0], struct, [args[1]], boundscheck=True)


@intrinsic
def load(typingctx, words, place):
    """words[place]; what its writer wrote before it is seen as well."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        return builder.load_atomic(_word(context, builder, sig, args), ORDER, WORD_BYTES, typ=ir.IntType(64))

    return types.int64(words, types.intp), generate


@intrinsic
def store(typingctx, words, place, value):
    """words[place] = value, after everything that this thread wrote before."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        builder.store_atomic(args[2], _word(context, builder, sig, args), ORDER, WORD_BYTES)
        return context.get_dummy_value()

    return types.void(words, types.intp, types.int64), generate


@intrinsic
def add(typingctx, words, place, value):
    """words[place] += value at once; returns what it was."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        return builder.atomic_rmw("add", _word(context, builder, sig, args), args[2], ORDER)

    return types.int64(words, types.intp, types.int64), generate


@intrinsic
def exchange(typingctx, words, place, value):
    """words[place] = value at once; returns what it was."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        return builder.atomic_rmw("xchg", _word(context, builder, sig, args), args[2], ORDER)

    return types.int64(words, types.intp, types.int64), generate


@intrinsic
def replace(typingctx, words, place, old, new):
    """words[place] = new if it is old, at once; whether it was."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        pair = builder.cmpxchg(_word(context, builder, sig, args), args[2], args[3], ORDER, ORDER)
        return builder.extract_value(pair, 1)

    return types.boolean(words, types.intp, types.int64, types.int64), generate


@intrinsic
def _pause(typingctx):
    """Tells the processor that this thread waits: the other one of its core, if it has two, gets more of it."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        if _HINT:
            name, numbers = _HINT
            kinds = [ir.IntType(32)] * len(numbers)
            hint = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), kinds), name)
            builder.call(hint, [ir.Constant(ir.IntType(32), number) for number in numbers])
        return context.get_dummy_value()

    return types.void(), generate


_sched_yield = types.ExternalFunction("sched_yield", types.int32())
_YIELDS = hasattr(os, "sched_yield")

#: Rests of a processor's pause each (some 10 to 40 ns); after so many, a rest lets other programs run.
PAUSES = 2000


@subroutine
def rest(count):
    """Waits a moment, for the `count`-th time in a row: politely, if it has been long."""
    if count < PAUSES or not _YIELDS:
        _pause()
    else:
        _sched_yield()
