"""Rows of numbers copied by vectors, widened and narrowed on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dwbridge.kernels.compiled.vectors.stream import Stream, index

Builder: TypeAlias = ir.IRBuilder


class Short(Stream):
    """A stream whose vectors have fewer lanes than a whole one."""

    def __init__(self, context: Any, builder: Builder, array: types.Array, value: ir.Value, lanes: int) -> None:
        super().__init__(context, builder, array, value)
        self.lanes = lanes
        self.vector = ir.VectorType(self.compute, lanes)
        self._stored = ir.VectorType(self._stored.element, lanes)


@intrinsic(prefer_literal=True)
def copy_over(typingctx, out, position, source, begin, count, step):
    """out[position + q] = source[begin + q step] for q < count and on to a whole number of vectors.

    `step` is a literal, 1 or 2. Reads `step` times as many elements as it writes.
    """
    if not isinstance(step, types.IntegerLiteral):
        return None
    apart = step.literal_value
    signature = types.void(out, types.intp, source, types.intp, types.intp, step)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        y, x = (Stream(context, builder, sig.args[i], args[i]) for i in (0, 2))
        vectors = builder.sdiv(builder.add(args[4], index(x.lanes - 1)), index(x.lanes))
        with cgutils.for_range(builder, vectors) as loop:
            done = builder.mul(loop.index, index(x.lanes))
            y.store(
                _every(builder, x, builder.add(args[3], builder.mul(done, index(apart))), apart),
                builder.add(args[1], done),
            )
        return context.get_dummy_value()

    return signature, generate


@intrinsic(prefer_literal=True)
def copy_tiles(typingctx, out, position, apart, source, begin, count, step):
    """Rows of two vectors, `count` of them: out[position + i apart + q] = source[begin + (i width + q) step].

    `step` is a literal, 1 or 2.
    """
    if not isinstance(step, types.IntegerLiteral):
        return None
    every = step.literal_value
    signature = types.void(out, types.intp, types.intp, source, types.intp, types.intp, step)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        y, x = (Stream(context, builder, sig.args[i], args[i]) for i in (0, 3))
        with cgutils.for_range(builder, args[5]) as loop:
            at = builder.add(args[4], builder.mul(loop.index, index(2 * x.lanes * every)))
            to = builder.add(args[1], builder.mul(loop.index, args[2]))
            for v in (0, x.lanes):
                y.store(_every(builder, x, builder.add(at, index(v * every)), every), builder.add(to, index(v)))
        return context.get_dummy_value()

    return signature, generate


def _every(builder: Builder, x: Stream, position: ir.Value, step: int) -> ir.Value:
    """A vector of every element, or of every second one."""
    pieces = [x.load(builder.add(position, index(i * x.lanes))) for i in range(step)]
    return pieces[0] if step == 1 else evens(builder, pieces)


def evens(builder: Builder, pair: Sequence[ir.Value]) -> ir.Value:
    """Every second element of two vectors."""
    count = pair[0].type.count
    return builder.shuffle_vector(
        *pair, ir.Constant(ir.VectorType(ir.IntType(32), count), list(range(0, 2 * count, 2)))
    )


@intrinsic
def fetch(typingctx, source, begin, count):
    """Asks for source[begin : begin + count], a cache line of 64 bytes at a time; it need not exist."""
    signature = types.void(source, types.intp, types.intp)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        array, begin, count = args
        data = context.make_array(sig.args[0])(context, builder, array).data
        line = 64 * 8 // sig.args[0].dtype.bitwidth
        lines = builder.sdiv(builder.add(count, index(line - 1)), index(line))
        with cgutils.for_range(builder, lines) as loop:
            ask_for(builder, data, builder.add(begin, builder.mul(loop.index, index(line))), to_write=False)
        return context.get_dummy_value()

    return signature, generate


def ask_for(builder: Builder, data: ir.Value, position: ir.Value, to_write: bool) -> None:
    """Brings the cache line of data[position] near, which need not exist."""
    number, byte = ir.IntType(32), ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    place = builder.bitcast(builder.gep(data, [position]), byte)
    builder.call(function, [place, number(int(to_write)), number(3 if to_write else 2), number(1)])


@intrinsic
def zero_over(typingctx, out, position, count):
    """out[position + q] = 0 for q < count and on to a whole number of vectors."""
    signature = types.void(out, types.intp, types.intp)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        y = Stream(context, builder, sig.args[0], args[0])
        vectors = builder.sdiv(builder.add(args[2], index(y.lanes - 1)), index(y.lanes))
        with cgutils.for_range(builder, vectors) as loop:
            y.store(ir.Constant(y.vector, None), builder.add(args[1], builder.mul(loop.index, index(y.lanes))))
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def copy_exactly(typingctx, out, position, source, begin, count):
    """out[position + q] = source[begin + q] for q < count, and nothing else is touched.

    The rest of a row goes in halves of a vector, quarters, and so on: masked stores are slow on some processors.
    """
    signature = types.void(out, types.intp, source, types.intp, types.intp)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        y, x = (Stream(context, builder, sig.args[i], args[i]) for i in (0, 2))
        position, begin, count = args[1], args[3], args[4]
        whole = builder.sdiv(count, index(x.lanes))
        with cgutils.for_range(builder, whole) as loop:
            done = builder.mul(loop.index, index(x.lanes))
            y.store(x.load(builder.add(begin, done)), builder.add(position, done))
        lanes = x.lanes // 2
        while lanes:
            with builder.if_then(builder.icmp_signed("!=", builder.and_(count, index(lanes)), index(0))):
                done = builder.and_(count, index(-2 * lanes))
                y, x = (Short(context, builder, sig.args[i], args[i], lanes) for i in (0, 2))
                y.store(x.load(builder.add(begin, done)), builder.add(position, done))
            lanes //= 2
        return context.get_dummy_value()

    return signature, generate
