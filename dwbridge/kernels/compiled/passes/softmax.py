"""The passes of a softmax: the largest score, the sum of exponentials, and what is written from them.

A pass walks `rows` runs of `size` scores that lie `step` apart, the first at `first`. Maxima and sums lie in cells, by
lanes; see `runs`. The computing type is that of the scores, sums are float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from dwbridge.kernels.compiled.vectors.elementary import exp_of_negative
from dwbridge.kernels.compiled.vectors.lanes import Lanes
from dwbridge.kernels.compiled.vectors.runs import Cells, HeldCells, existing, for_rows, load, store, walk, widen
from dwbridge.kernels.compiled.vectors.stream import Stream, index

PLACE = (types.intp,) * 4


def _power(builder: ir.IRBuilder, below: ir.Value) -> ir.Value:
    """exp of what a score is below the largest one."""
    return exp_of_negative(Lanes(builder, below)).value


@intrinsic
def raise_peaks(typingctx, x, first, rows, step, size, peaks):
    """peaks[0] becomes the larger of itself and x; NaN is passed over."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        stream = Stream(context, builder, sig.args[0], args[0])
        first, rows, step, size = args[1:5]
        peaks = HeldCells(Cells(context, builder, sig.args[5], args[5], index(0), stream.lanes), 1)

        def run(begin: ir.Value) -> None:
            def compare(at: ir.Value, number: int, count: ir.Value | None) -> None:
                value = load(stream, builder.add(begin, at), count)

                def larger(peak: ir.Value) -> ir.Value:
                    is_larger = builder.fcmp_ordered(">", value, peak)
                    if count is not None:
                        is_larger = builder.and_(is_larger, stream.mask(count))
                    return builder.select(is_larger, value, peak)

                peaks.change(0, number, larger)

            walk(builder, size, stream.lanes, compare)

        for_rows(builder, first, rows, step, run)
        peaks.finish()
        return context.get_dummy_value()

    return types.void(x, *PLACE, peaks), generate


@intrinsic
def sum_exponentials(typingctx, x, first, rows, step, size, peaks, sums):
    """sums[0] += exp(x - peaks[0])."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        stream = Stream(context, builder, sig.args[0], args[0])
        first, rows, step, size = args[1:5]
        peaks = Cells(context, builder, sig.args[5], args[5], index(0), stream.lanes).load(0)
        sums = HeldCells(Cells(context, builder, sig.args[6], args[6], index(0), stream.lanes), 1)

        def run(begin: ir.Value) -> None:
            def add(at: ir.Value, number: int, count: ir.Value | None) -> None:
                value = builder.fsub(load(stream, builder.add(begin, at), count), peaks[number])
                power = widen(builder, existing(stream, _power(builder, value), count))
                sums.change(0, number, lambda total: builder.fadd(total, power))

            walk(builder, size, stream.lanes, add)

        for_rows(builder, first, rows, step, run)
        sums.finish()
        return context.get_dummy_value()

    return types.void(x, *PLACE, peaks, sums), generate


@intrinsic
def write_exponentials(typingctx, x, y, first, rows, step, size, terms):
    """y = exp(x - terms[0]) terms[1] terms[2]."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        stream = Stream(context, builder, sig.args[0], args[0])
        target = Stream(context, builder, sig.args[1], args[1])
        first, rows, step, size = args[2:6]
        cells = Cells(context, builder, sig.args[6], args[6], index(0), stream.lanes)
        peaks, scale, share = (cells.load(row) for row in range(3))

        def run(begin: ir.Value) -> None:
            def write(at: ir.Value, number: int, count: ir.Value | None) -> None:
                position = builder.add(begin, at)
                power = _power(builder, builder.fsub(load(stream, position, count), peaks[number]))
                value = builder.fmul(builder.fmul(power, scale[number]), share[number])
                store(target, value, position, count)

            walk(builder, size, stream.lanes, write)

        for_rows(builder, first, rows, step, run)
        return context.get_dummy_value()

    return types.void(x, y, *PLACE, terms), generate
