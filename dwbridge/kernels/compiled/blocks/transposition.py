"""Planes to blocks and back: squares of as many pixels as a vector has lanes, transposed in registers.

Where a pixel lies in a block is written in a table, `places`: a block's rows may be padded, and pixels that nobody
needs may share one place. Tables have at least as many entries as a vector has lanes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from dwbridge.kernels.compiled.blocks.tables import entry
from dwbridge.kernels.compiled.compiler import FLAGS, subroutine
from dwbridge.kernels.compiled.vectors.stream import Stream, index

Builder: TypeAlias = ir.IRBuilder


@intrinsic
def _gather_flat(typingctx, work, to, places, x, begin, apart, last, count):
    """work[to + places[p] + k] = x[begin + min(k, last) apart + p] for p < count and every lane k."""
    signature = types.void(work, types.intp, places, x, *[types.intp] * 4)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        block, source = Stream(context, builder, sig.args[0], args[0]), Stream(context, builder, sig.args[3], args[3])
        to, begin, apart, last, count = args[1], *args[4:8]
        table = context.make_array(sig.args[2])(context, builder, args[2])
        planes = _planes(builder, source.lanes, begin, apart, last)

        def move(p: ir.Value, existing: ir.Value | None) -> None:
            rows = [_load(source, builder.add(plane, p), existing) for plane in planes]
            for i, pixel in enumerate(transposed(builder, rows)):
                exists = builder.icmp_signed("<", index(i), count)  # of a square it always does
                with builder.if_then(exists) if existing else contextlib.nullcontext():
                    place = entry(context, builder, table, builder.add(p, index(i)))
                    block.store(pixel, builder.add(to, place))

        _over_squares(builder, count, source.lanes, move)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _scatter(typingctx, y, begin, apart, last, count, work, begin_of_block, places):
    """y[begin + min(k, last) apart + p] = work[begin_of_block + places[p] + k] for p < count and every lane k."""
    signature = types.void(y, *[types.intp] * 4, work, types.intp, places)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        target, block = Stream(context, builder, sig.args[0], args[0]), Stream(context, builder, sig.args[5], args[5])
        begin, apart, last, count = args[1:5]
        begin_of_block = args[6]
        table = context.make_array(sig.args[7])(context, builder, args[7])
        planes = _planes(builder, target.lanes, begin, apart, last)

        def move(p: ir.Value, existing: ir.Value | None) -> None:
            places = (entry(context, builder, table, builder.add(p, index(i))) for i in range(target.lanes))
            pixels = [block.load(builder.add(begin_of_block, place)) for place in places]
            for plane, row in zip(planes, transposed(builder, pixels), strict=True):
                if existing is None:
                    target.store(row, builder.add(plane, p))
                else:
                    target.store_first(row, existing, builder.add(plane, p))

        _over_squares(builder, count, target.lanes, move)
        return context.get_dummy_value()

    return signature, generate


@subroutine
def gather_flat(work, to, places, x, begin, apart, last, count):
    _gather_flat(work, to, places, x, begin, apart, last, count)


@subroutine
def scatter(y, begin, apart, last, count, work, begin_of_block, places):
    _scatter(y, begin, apart, last, count, work, begin_of_block, places)


def _load(source: Stream, position: ir.Value, existing: ir.Value | None) -> ir.Value:
    return source.load(position) if existing is None else source.load_first(existing, position)


def _planes(builder: Builder, lanes: int, begin: ir.Value, apart: ir.Value, last: ir.Value) -> list[ir.Value]:
    """Where each lane's plane begins."""
    planes = []
    for k in range(lanes):
        lane = builder.select(builder.icmp_signed("<", index(k), last), index(k), last)
        planes.append(builder.add(begin, builder.mul(lane, apart)))
    return planes


def _over_squares(
    builder: Builder, count: ir.Value, lanes: int, move: Callable[[ir.Value, ir.Value | None], None]
) -> None:
    """Calls move(first pixel, None) for squares that cover the pixels, the last one overlapping the one before it.

    With fewer pixels than lanes: move(0, number of pixels).
    """
    last = builder.sub(count, index(lanes))
    squares = builder.sdiv(builder.add(count, index(lanes - 1)), index(lanes))
    with builder.if_else(builder.icmp_signed(">=", last, index(0))) as (many, few):
        with many, cgutils.for_range(builder, squares) as loop:
            p = builder.mul(loop.index, index(lanes))
            move(builder.select(builder.icmp_signed("<", p, last), p, last), None)
        with few, builder.if_then(builder.icmp_signed(">", count, index(0))):
            move(index(0), count)


def transposed(builder: Builder, rows: Sequence[ir.Value]) -> list[ir.Value]:
    """The columns of a square of vectors: halves change places, then quarters within them, and so on."""
    lanes = len(rows)
    columns = list(rows)
    size = lanes // 2
    while size:
        for i in (i for i in range(lanes) if not i & size):
            low, high = columns[i], columns[i | size]
            first = [k if not k & size else lanes + (k ^ size) for k in range(lanes)]
            second = [k | size if not k & size else lanes + k for k in range(lanes)]
            columns[i], columns[i | size] = _shuffled(builder, low, high, first), _shuffled(builder, low, high, second)
        size //= 2
    return columns


def _shuffled(builder: Builder, a: ir.Value, b: ir.Value, order: Sequence[int]) -> ir.Value:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(order)), list(order)))


def gather(work, to, places, x, n, channels, channel, step, last, height, width, low, high, lanes):
    """Rows low .. high of a block of planes of x, into a block: channels of image n from `channel` on, `step` apart.

    x (images, channels, height, width) is an array of any strides, or its elements in one dimension.
    """
    raise NotImplementedError("compiled code alone calls this")


@overload(gather, jit_options=FLAGS)
def _gather(work, to, places, x, n, channels, channel, step, last, height, width, low, high, lanes):
    return _gather_contiguous if x.ndim == 1 else _gather_any


def _gather_contiguous(work, to, places, x, n, channels, channel, step, last, height, width, low, high, lanes):
    begin = ((n * channels + channel) * height + low) * width
    gather_flat(work, to, places, x, begin, step * height * width, last, (high - low) * width)


def _gather_any(work, to, places, x, n, channels, channel, step, last, height, width, low, high, lanes):
    for k in range(lanes):
        c = channel + min(k, last) * step
        for r in range(low, high):
            for q in range(width):
                work[to + places[(r - low) * width + q] + k] = widen(x[n, c, r, q])


@intrinsic
def widen(typingctx, value):
    """One stored element as a number of the computing type."""
    result = types.float32 if value == types.uint16 else value

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        if sig.args[0] != types.uint16:
            return args[0]
        return builder.fpext(builder.bitcast(args[0], ir.HalfType()), ir.FloatType())

    return result(value), generate
