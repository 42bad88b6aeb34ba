"""The passes of batch normalization: sums over runs of elements, and runs written from them.

A run has `size` elements and begins at `first`. What belongs to statistics lies in cells, (rows, columns): a value for
each lane of a pair of vectors, from column `cell` on. What is written takes its cells `pace` columns further with every
element: 0 where a run is one channel's, 1 where each element has its own.

Sums are kept in float64 and added to what the cells hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from dwbridge.kernels.compiled.vectors.runs import Cells, HeldCells, existing, for_rows, load, store, walk, widen
from dwbridge.kernels.compiled.vectors.stream import Stream, fma


@intrinsic
def sum_deviations(typingctx, x, first, rows, step, size, cell, shift, sums):
    """sums[0] += x - shift[0], sums[1] += its square, over `rows` runs that lie `step` apart; cells of float64."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        stream = Stream(context, builder, sig.args[0], args[0])
        lanes, (first, rows, step, size, cell) = stream.lanes, args[1:6]
        centre = Cells(context, builder, sig.args[6], args[6], cell, lanes).load(0)
        kept = HeldCells(Cells(context, builder, sig.args[7], args[7], cell, lanes), 2)

        def run(begin: ir.Value) -> None:
            def add(at: ir.Value, number: int, count: ir.Value | None) -> None:
                value = load(stream, builder.add(begin, at), count)
                deviation = existing(stream, builder.fsub(widen(builder, value), centre[number]), count)
                kept.change(0, number, lambda total: builder.fadd(total, deviation))
                kept.change(1, number, lambda total: fma(builder, deviation, deviation, total))

            walk(builder, size, lanes, add)

        for_rows(builder, first, rows, step, run)
        kept.finish()
        return context.get_dummy_value()

    return types.void(x, *[types.intp] * 5, shift, sums), generate


@intrinsic
def sum_gradients(typingctx, x, gy, first, rows, step, size, cell, terms, sums):
    """sums[0] += gy, sums[1] += gy (x - terms[0]); as `sum_deviations`, terms being of the computing type."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        values = Stream(context, builder, sig.args[0], args[0])
        gradients = Stream(context, builder, sig.args[1], args[1])
        lanes, (first, rows, step, size, cell) = values.lanes, args[2:7]
        centre = Cells(context, builder, sig.args[7], args[7], cell, lanes).load(0)
        kept = HeldCells(Cells(context, builder, sig.args[8], args[8], cell, lanes), 2)

        def run(begin: ir.Value) -> None:
            def add(at: ir.Value, number: int, count: ir.Value | None) -> None:
                position = builder.add(begin, at)
                value = existing(values, builder.fsub(load(values, position, count), centre[number]), count)
                gradient = widen(builder, load(gradients, position, count))
                kept.change(0, number, lambda total: builder.fadd(total, gradient))
                kept.change(1, number, lambda total: fma(builder, gradient, widen(builder, value), total))

            walk(builder, size, lanes, add)

        for_rows(builder, first, rows, step, run)
        kept.finish()
        return context.get_dummy_value()

    return types.void(x, gy, *[types.intp] * 5, terms, sums), generate


@intrinsic
def write_normalized(typingctx, x, y, first, size, cell, pace, terms):
    """y = (x - terms[0]) terms[1] + terms[2]; cells of the computing type: mean, scale, shift."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        source = Stream(context, builder, sig.args[0], args[0])
        target = Stream(context, builder, sig.args[1], args[1])
        first, size, cell, pace = args[2:6]
        cells = Cells(context, builder, sig.args[6], args[6], cell, source.lanes)

        def write(at: ir.Value, number: int, count: ir.Value | None) -> None:
            position, column = builder.add(first, at), builder.mul(at, pace)
            mean, scale, shift = (cells.load_at(row, column) for row in range(3))
            deviation = builder.fsub(load(source, position, count), mean)
            store(target, fma(builder, deviation, scale, shift), position, count)

        walk(builder, size, source.lanes, write)
        return context.get_dummy_value()

    return types.void(x, y, *[types.intp] * 4, terms), generate


@intrinsic
def write_gradient(typingctx, x, gy, gx, first, size, cell, pace, terms):
    """gx = terms[3] (gy - terms[1] - (x - terms[0]) terms[2]); cells: mean, offset, slope, scale."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        values = Stream(context, builder, sig.args[0], args[0])
        gradients = Stream(context, builder, sig.args[1], args[1])
        target = Stream(context, builder, sig.args[2], args[2])
        first, size, cell, pace = args[3:7]
        cells = Cells(context, builder, sig.args[7], args[7], cell, values.lanes)

        def write(at: ir.Value, number: int, count: ir.Value | None) -> None:
            position, column = builder.add(first, at), builder.mul(at, pace)
            mean, offset, slope, scale = (cells.load_at(row, column) for row in range(4))
            opposite = builder.fsub(mean, load(values, position, count))
            centred = builder.fsub(load(gradients, position, count), offset)
            store(target, builder.fmul(scale, fma(builder, opposite, slope, centred)), position, count)

        walk(builder, size, values.lanes, write)
        return context.get_dummy_value()

    return types.void(x, gy, gx, *[types.intp] * 4, terms), generate
