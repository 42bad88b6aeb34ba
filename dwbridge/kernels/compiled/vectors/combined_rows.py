"""Rows of numbers that are added up, made of one number, added to others, or compared with others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dwbridge.kernels.compiled.vectors.rows import evens
from dwbridge.kernels.compiled.vectors.runs import load, store, walk
from dwbridge.kernels.compiled.vectors.stream import Stream, index, splat, sum_of_lanes

Builder: TypeAlias = ir.IRBuilder


@intrinsic
def sum_of_row(typingctx, source, begin, count):
    """The sum of source[begin : begin + count], in the computing type: a partial sum for each lane of two vectors."""
    result = {types.float64: types.float64}.get(source.dtype, types.float32)
    signature = result(source, types.intp, types.intp)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        x = Stream(context, builder, sig.args[0], args[0])
        totals = [cgutils.alloca_once_value(builder, ir.Constant(x.vector, None)) for _ in range(2)]

        def add(at: ir.Value, number: int, count: ir.Value | None) -> None:
            value = load(x, builder.add(args[1], at), count)
            builder.store(builder.fadd(builder.load(totals[number], typ=x.vector), value), totals[number])

        walk(builder, args[2], x.lanes, add)
        return sum_of_lanes(builder, builder.fadd(*(builder.load(total, typ=x.vector) for total in totals)))

    return signature, generate


@intrinsic
def fill_row(typingctx, out, position, count, source, place):
    """out[position + q] = source[place] for q < count, and nothing else is touched."""
    signature = types.void(out, types.intp, types.intp, source, types.intp)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        y, x = (Stream(context, builder, sig.args[i], args[i]) for i in (0, 3))
        value = x.element(args[4])

        def fill(at: ir.Value, number: int, count: ir.Value | None) -> None:
            store(y, value, builder.add(args[1], at), count)

        walk(builder, args[2], y.lanes, fill)
        return context.get_dummy_value()

    return signature, generate


@intrinsic(prefer_literal=True)
def add_row(typingctx, sums, position, source, begin, count, step):
    """sums[position + q] += source[begin + q step] for q < count; zeros are added on to a whole number of vectors.

    `step` is a literal, 1 or 2.
    """
    every = step.literal_value if isinstance(step, types.IntegerLiteral) else None
    if every is None:
        return None
    signature = types.void(sums, types.intp, source, types.intp, types.intp, step)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        total, x = (Stream(context, builder, sig.args[i], args[i]) for i in (0, 2))

        def add(done: ir.Value, rest: ir.Value | None) -> None:
            at = builder.add(args[1], done)
            value = _part(builder, x, builder.add(args[3], builder.mul(done, index(every))), every, rest)
            total.store(builder.fadd(total.load(at), value), at)

        _along(builder, args[4], x.lanes, add)
        return context.get_dummy_value()

    return signature, generate


@intrinsic(prefer_literal=True)
def compete_row(typingctx, best, winners, position, source, begin, count, tap, step):
    """best[position + q] becomes source[begin + q step] where that is larger, or the first NaN, for q < count.

    There winners[position + q] becomes `tap`, a number of the computing type. What follows, on to a whole number of
    vectors, stays as it is, but is read and written. `step` is a literal, 1 or 2.
    """
    every = step.literal_value if isinstance(step, types.IntegerLiteral) else None
    if every is None:
        return None
    signature = types.void(best, winners, types.intp, source, types.intp, types.intp, best.dtype, step)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        top, who, x = (Stream(context, builder, sig.args[i], args[i]) for i in (0, 1, 3))
        taps = splat(builder, args[6], x.lanes)

        def compete(done: ir.Value, rest: ir.Value | None) -> None:
            at = builder.add(args[2], done)
            value = _part(builder, x, builder.add(args[4], builder.mul(done, index(every))), every, rest)
            if rest is not None:
                lowest = splat(builder, ir.Constant(x.compute, float("-inf")), x.lanes)
                value = builder.select(x.mask(rest), value, lowest)
            now = top.load(at)
            above = builder.fcmp_unordered(">", value, now)  # unordered: a NaN wins
            wins = builder.and_(above, builder.fcmp_ordered("ord", now, now))  # and once it has won, it stays
            top.store(builder.select(wins, value, now), at)
            who.store(builder.select(wins, taps, who.load(at)), at)

        _along(builder, args[5], x.lanes, compete)
        return context.get_dummy_value()

    return signature, generate


def _along(builder: Builder, count: ir.Value, lanes: int, visit: Callable[[ir.Value, ir.Value | None], None]) -> None:
    """visit(done, None) for whole vectors of `count` elements, visit(done, rest) for the rest, if there is one."""
    whole = builder.sdiv(count, index(lanes))
    with cgutils.for_range(builder, whole) as loop:
        visit(builder.mul(loop.index, index(lanes)), None)
    done = builder.mul(whole, index(lanes))
    with builder.if_then(builder.icmp_signed("<", done, count)):
        visit(done, builder.sub(count, done))


def _part(builder: Builder, x: Stream, position: ir.Value, step: int, count: ir.Value | None) -> ir.Value:
    """A vector of every element, or of every second one; its first `count` lanes, and nothing behind them is read."""
    if step == 1:
        return load(x, position, count)
    if count is None:  # one element less than two vectors
        first = x.load(position)
        last = x.load(builder.add(position, index(x.lanes - 1)))
        picks = [*range(0, x.lanes, 2), *range(x.lanes + 1, 2 * x.lanes, 2)]
        return builder.shuffle_vector(first, last, ir.Constant(ir.VectorType(ir.IntType(32), x.lanes), picks))
    reach = builder.sub(builder.mul(count, index(2)), index(1))
    pieces = []
    for begin in (0, x.lanes):
        left = builder.sub(reach, index(begin))
        here = builder.select(builder.icmp_signed("<", left, index(x.lanes)), left, index(x.lanes))
        exists = builder.icmp_signed(">", here, index(0))
        at = builder.select(exists, builder.add(position, index(begin)), position)
        pieces.append(x.load_first(builder.select(exists, here, index(0)), at))
    return evens(builder, pieces)
