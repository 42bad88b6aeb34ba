"""Explicit vectors: what kernels emit where LLVM's own vectoriser is not to be trusted with the inner loop.

These functions write LLVM instructions through a builder; intrinsics are made of them. A vector has `lanes(dtype)`
elements: 32 bytes of the computing type, which every x86 since 2013 and every ARM has in one or two registers.

Arrays store float32, float64, or float16 as uint16 (Numba has no float16 on the CPU): a load widens 16 bits to float32,
a store rounds to them, to nearest even, in the processor's own instructions.

Every access is checked against the array's bounds when NUMBA_BOUNDSCHECK is set, as Numba checks its own.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils, config

INDEX = ir.IntType(64)
VECTOR_BYTES = 32

_ELEMENT = {types.float32: ir.FloatType(), types.float64: ir.DoubleType(), types.uint16: ir.IntType(16)}
_COMPUTE = {types.float32: ir.FloatType(), types.float64: ir.DoubleType(), types.uint16: ir.FloatType()}


def lanes(dtype: types.Type) -> int:
    """Elements of a vector that holds values of this storage type, widened."""
    return VECTOR_BYTES // (8 if dtype == types.float64 else 4)


def index(value: int) -> ir.Constant:
    return ir.Constant(INDEX, value)


class Stream:
    """An array argument of an intrinsic, read and written at element positions, one vector at a time."""

    def __init__(self, context: Any, builder: ir.IRBuilder, array: types.Array, value: ir.Value) -> None:
        self.context, self.builder, self.dtype = context, builder, array.dtype
        struct = context.make_array(array)(context, builder, value)
        self.data, self.size = struct.data, struct.nitems
        self.lanes = lanes(array.dtype)
        self.compute = _COMPUTE[array.dtype]
        self.vector = ir.VectorType(self.compute, self.lanes)
        self._stored = ir.VectorType(_ELEMENT[array.dtype], self.lanes)

    def load(self, position: ir.Value) -> ir.Value:
        stored = self.builder.load(self._pointer(position, self._stored), align=self._align)
        return self._widen(stored)

    def store(self, value: ir.Value, position: ir.Value) -> None:
        self.builder.store(self._narrow(value), self._pointer(position, self._stored), align=self._align)

    def load_first(self, count: ir.Value, position: ir.Value) -> ir.Value:
        """The first `count` lanes; the others are zero and are not read."""
        builder, name = self.builder, f"v{self.lanes}{_suffix(self._stored)}"
        mask = self.mask(count)
        kind = ir.FunctionType(self._stored, [self._stored.as_pointer(), ir.IntType(32), mask.type, self._stored])
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.load.{name}.p0")
        pointer = self._pointer(position, self._stored, count)
        zero = ir.Constant(self._stored, None)
        return self._widen(builder.call(function, [pointer, ir.Constant(ir.IntType(32), self._align), mask, zero]))

    def store_first(self, value: ir.Value, count: ir.Value, position: ir.Value) -> None:
        """Writes the first `count` lanes and touches nothing else.

        Halves, quarters and so on, as the bits of `count` say: masked stores take dozens of cycles on some processors.
        """
        builder, stored = self.builder, self._narrow(value)
        at = cgutils.alloca_once_value(builder, position)
        rest = cgutils.alloca_once_value(builder, stored)
        whole = builder.icmp_signed(">=", count, index(self.lanes))
        with builder.if_else(whole) as (all_of_it, part_of_it):
            with all_of_it:
                builder.store(stored, self._pointer(position, self._stored), align=self._align)
            with part_of_it:
                size = self.lanes // 2
                while size:
                    with builder.if_then(builder.icmp_signed("!=", builder.and_(count, index(size)), index(0))):
                        self._store_lanes(builder.load(rest, typ=self._stored), size, at, rest)
                    size //= 2

    def _store_lanes(self, vector: ir.Value, size: int, at: ir.Value, rest: ir.Value) -> None:
        """Stores the first `size` lanes at `at`, and moves `at` and `rest` on."""
        builder, lane = self.builder, ir.IntType(32)
        kind = ir.VectorType(self._stored.element, size)
        first = builder.shuffle_vector(vector, vector, ir.Constant(ir.VectorType(lane, size), list(range(size))))
        position = builder.load(at, typ=INDEX)
        builder.store(first, self._pointer(position, kind), align=self._align)
        builder.store(builder.add(position, index(size)), at)
        moved = [(size + i) % self.lanes for i in range(self.lanes)]
        shifted = builder.shuffle_vector(vector, vector, ir.Constant(ir.VectorType(lane, self.lanes), moved))
        builder.store(shifted, rest)

    def add(self, value: ir.Value, position: ir.Value) -> None:
        """Adds a scalar, or a vector of any number of lanes, to the elements from `position` on; not for 16 bits."""
        pointer = self._pointer(position, value.type)
        total = self.builder.fadd(self.builder.load(pointer, align=self._align), value)
        self.builder.store(total, pointer, align=self._align)

    def element(self, position: ir.Value) -> ir.Value:
        """One element, in every lane."""
        stored = self.builder.load(self._pointer(position, _ELEMENT[self.dtype]), align=self._align)
        return self._widen(splat(self.builder, stored, self.lanes))

    def mask(self, count: ir.Value) -> ir.Value:
        lane = ir.IntType(32)
        numbers = ir.Constant(ir.VectorType(lane, self.lanes), list(range(self.lanes)))
        return self.builder.icmp_signed("<", numbers, splat(self.builder, self.builder.trunc(count, lane), self.lanes))

    @property
    def _align(self) -> int:
        return {types.float32: 4, types.float64: 8, types.uint16: 2}[self.dtype]

    def _pointer(self, position: ir.Value, kind: ir.Type, count: ir.Value | None = None) -> ir.Value:
        """The address of a scalar or vector, of which `count` lanes are meant if not all."""
        meant = index(getattr(kind, "count", 1)) if count is None else count
        check_bounds(self.context, self.builder, position, meant, self.size)
        return self.builder.bitcast(self.builder.gep(self.data, [position]), kind.as_pointer())

    def _widen(self, stored: ir.Value) -> ir.Value:
        if self.dtype != types.uint16:
            return stored
        halves = self.builder.bitcast(stored, ir.VectorType(ir.HalfType(), self.lanes))
        return self.builder.fpext(halves, self.vector)

    def _narrow(self, value: ir.Value) -> ir.Value:
        if self.dtype != types.uint16:
            return value
        halves = self.builder.fptrunc(value, ir.VectorType(ir.HalfType(), self.lanes))
        return self.builder.bitcast(halves, self._stored)


def check_bounds(context: Any, builder: ir.IRBuilder, position: ir.Value, count: ir.Value, size: ir.Value) -> None:
    """With NUMBA_BOUNDSCHECK, emits an IndexError for `count` elements from `position` on that `size` does not hold."""
    if not config.BOUNDSCHECK:
        return
    outside = builder.or_(
        builder.icmp_signed("<", position, index(0)), builder.icmp_signed(">", builder.add(position, count), size)
    )
    with builder.if_then(outside, likely=False):
        context.call_conv.return_user_exc(builder, IndexError, ("vector access is out of bounds",))


def _suffix(vector: ir.VectorType) -> str:
    return {"float": "f32", "double": "f64", "i16": "i16"}[str(vector.element)]


def splat(builder: ir.IRBuilder, scalar: ir.Value, count: int) -> ir.Value:
    """A vector with one scalar in every lane."""
    kind = ir.VectorType(scalar.type, count)
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), count), [0] * count))


def sum_of_lanes(builder: ir.IRBuilder, vector: ir.Value) -> ir.Value:
    """The lanes' sum: half of them added to the other half, until one is left."""
    while (count := vector.type.count) > 1:
        halves = [
            ir.Constant(ir.VectorType(ir.IntType(32), count // 2), list(range(begin, begin + count // 2)))
            for begin in (0, count // 2)
        ]
        vector = builder.fadd(*(builder.shuffle_vector(vector, vector, half) for half in halves))
    return builder.extract_element(vector, ir.Constant(ir.IntType(32), 0))


def fma(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
    """a b + c, rounded once."""
    scalar = {"float": "f32", "double": "f64"}[str(a.type.element)]
    kind = ir.FunctionType(a.type, [a.type] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{a.type.count}{scalar}")
    return builder.call(function, [a, b, c])
