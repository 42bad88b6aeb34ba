"""Sums of pixels times pixels, on blocks: the weight gradient of some taps over some rows.

A vector of sums for every tap stays in registers for the whole of a pass; lanes are channels, so it is the gradient
itself. Sums begin at zero and are added to what is in memory at the end: over many planes, rounding errors grow with
the length of a plane's sums and the number of planes, not with their product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dwbridge.kernels.compiled.blocks.rows import Sums, literals
from dwbridge.kernels.compiled.blocks.tables import entry
from dwbridge.kernels.compiled.vectors.stream import Stream, index

Builder: TypeAlias = ir.IRBuilder

#: Taps of a list that are summed in one pass.
LISTED = 8


class _Pass:
    """Sums of `count` taps over rows of gy: zero at first, in the end added to memory from `place` on."""

    def __init__(self, context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value], count: int) -> None:
        self.builder = builder
        self.work = Stream(context, builder, sig.args[0], args[0])
        self.place, self.gy, self.gy_row, self.x, self.x_row, self.height, self.width = args[2:9]
        self.sums = Sums(builder, self.work.vector, count)
        for i in range(count):
            self.sums[i] = ir.Constant(self.work.vector, None)

    def over(self, pixels: int, step: ir.Value, add: Callable[[int, ir.Value, ir.Value], None]) -> None:
        """Calls add(number of pixels, where they begin in gy, where in x) for all pixels, `pixels` at a time."""
        builder, lanes = self.builder, self.work.lanes
        whole = builder.udiv(self.width, index(pixels))
        done = builder.mul(whole, index(pixels))
        rest = builder.sub(self.width, done)

        def at(begin: ir.Value, q: ir.Value, step: ir.Value) -> ir.Value:
            return builder.add(begin, builder.mul(q, step))

        with cgutils.for_range(builder, self.height) as rows:
            gy, x = at(self.gy, rows.index, self.gy_row), at(self.x, rows.index, self.x_row)
            with cgutils.for_range(builder, whole) as groups:
                q = builder.mul(groups.index, index(pixels))
                add(pixels, at(gy, q, index(lanes)), at(x, q, step))
            for number in range(1, pixels):
                with builder.if_then(builder.icmp_signed("==", rest, index(number))):
                    add(number, at(gy, done, index(lanes)), at(x, done, step))

    def finish(self) -> None:
        for i in range(len(self.sums.slots)):
            place = self.builder.add(self.place, index(i * self.work.lanes))
            self.work.store(self.builder.fadd(self.work.load(place), self.sums[i]), place)


@intrinsic(prefer_literal=True)
def add_unrolled(typingctx, work, offsets, place, gy, gy_row, x, x_row, height, width, first, step, rows, kw,
                 down):  # fmt: skip
    """Adds to the sums of `rows` tap rows, each kw wide, from tap row `first` on.

    gy (r, q) is at gy + r gy_row + q lanes; tap (i, j) of it at x + r x_row + offsets[i] + (q down + j) lanes; the
    sums of the first tap are at `place`.
    """
    shape = literals((rows, kw, down))
    if shape is None:
        return None
    signature = types.void(work, offsets, *[types.intp] * 9, rows, kw, down)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        rows, kw, down = shape
        taps = _Pass(context, builder, sig, args, rows * kw)
        work, lanes = taps.work, taps.work.lanes
        table = context.make_array(sig.args[1])(context, builder, args[1])
        behind = [entry(context, builder, table, builder.add(args[9], index(i))) for i in range(rows)]

        def add(pixels: int, gy: ir.Value, x: ir.Value) -> None:
            gys = [work.load(builder.add(gy, index(q * lanes))) for q in range(pixels)]
            for i in range(rows):
                begin = builder.add(x, behind[i])
                for place in range((pixels - 1) * down + kw):
                    users = [(q, place - q * down) for q in range(pixels) if 0 <= place - q * down < kw]
                    if users:
                        vector = work.load(builder.add(begin, index(place * lanes)))
                    for q, j in users:
                        taps.sums.add_product(i * kw + j, gys[q], vector)
                if down == 1:
                    taps.sums.fence()

        taps.over(4 if down == 1 else 1, index(down * lanes), add)
        taps.finish()
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def add_listed(typingctx, work, offsets, place, gy, gy_row, x, x_row, height, width, first, step):
    """As `add_unrolled`, for `LISTED` taps of a list from `first` on: tap t reads x + r x_row + offsets[t] + q step."""
    signature = types.void(work, offsets, *[types.intp] * 9)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        taps = _Pass(context, builder, sig, args, LISTED)
        work = taps.work
        table = context.make_array(sig.args[1])(context, builder, args[1])
        behind = [entry(context, builder, table, builder.add(args[9], index(t))) for t in range(LISTED)]

        def add(pixels: int, gy: ir.Value, x: ir.Value) -> None:
            vector = work.load(gy)
            for t in range(LISTED):
                taps.sums.add_product(t, vector, work.load(builder.add(x, behind[t])))

        taps.over(1, args[10], add)
        taps.finish()
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def add_pixels(typingctx, work, place, gy, gy_row, height, width):
    """Adds the sum of gy's pixels to the vector at `place`, in four partial sums."""
    signature = types.void(work, *[types.intp] * 5)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        work = Stream(context, builder, sig.args[0], args[0])
        place, gy, gy_row, height, width = args[1:]
        sums = Sums(builder, work.vector, 4)
        for i in range(4):
            sums[i] = ir.Constant(work.vector, None)

        def add(i: int, at: ir.Value) -> None:
            sums[i] = builder.fadd(sums[i], work.load(at))

        with cgutils.for_range(builder, height) as rows:
            row = builder.add(gy, builder.mul(rows.index, gy_row))
            with cgutils.for_range(builder, builder.udiv(width, index(4))) as fours:
                for i in range(4):
                    number = builder.add(builder.mul(fours.index, index(4)), index(i))
                    add(i, builder.add(row, builder.mul(number, index(work.lanes))))
            done = builder.and_(width, index(-4))
            with cgutils.for_range(builder, builder.sub(width, done)) as rest:
                add(0, builder.add(row, builder.mul(builder.add(done, rest.index), index(work.lanes))))
        pairs = builder.fadd(builder.fadd(sums[0], sums[1]), builder.fadd(sums[2], sums[3]))
        work.store(builder.fadd(work.load(place), pairs), place)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def are_finite(typingctx, work, begin, count):
    """Whether all lanes of `count` vectors are finite: zero times anything else is NaN."""
    signature = types.boolean(work, types.intp, types.intp)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        work = Stream(context, builder, sig.args[0], args[0])
        zero = ir.Constant(work.vector, None)
        total = Sums(builder, work.vector, 1)
        total[0] = zero
        with cgutils.for_range(builder, args[2]) as loop:
            at = builder.add(args[1], builder.mul(loop.index, index(work.lanes)))
            total.add_product(0, work.load(at), zero)
        good = builder.bitcast(builder.fcmp_ordered("ord", total[0], zero), ir.IntType(work.lanes))
        return builder.icmp_unsigned("==", good, ir.Constant(good.type, -1))

    return signature, generate
