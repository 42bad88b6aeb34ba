"""Runs: adjacent elements of arrays, walked one vector at a time; what intrinsics over planes are made of.

A run is walked in pairs of vectors, then by a vector and a masked one, as far as they are left. A vector is the first
or the second of its pair; sums are kept for each lane of both, so which elements are added to which sum follows from
the run's length alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from dwbridge.kernels.compiled.vectors.stream import INDEX, Stream, check_bounds, index

DOUBLE = ir.DoubleType()

#: What is done with a vector: its place in the run, 0 or 1 in its pair, how many of its lanes exist (None: all).
Body = Callable[[ir.Value, int, "ir.Value | None"], None]


def walk(builder: ir.IRBuilder, size: ir.Value, lanes: int, body: Body) -> None:
    """Emits `body` for every vector of a run of `size` elements."""
    pairs = builder.udiv(size, index(2 * lanes))
    with cgutils.for_range(builder, pairs, intp=INDEX) as loop:
        begin = builder.mul(loop.index, index(2 * lanes))
        body(begin, 0, None)
        body(builder.add(begin, index(lanes)), 1, None)
    begin = builder.mul(pairs, index(2 * lanes))
    rest = builder.sub(size, begin)
    some = builder.icmp_signed(">", rest, index(0))
    with builder.if_then(some), builder.if_else(builder.icmp_signed(">=", rest, index(lanes))) as (whole, part):
        with whole:
            body(begin, 0, None)
            behind = builder.sub(rest, index(lanes))
            with builder.if_then(builder.icmp_signed(">", behind, index(0))):
                body(builder.add(begin, index(lanes)), 1, behind)
        with part:
            body(begin, 0, rest)


def for_rows(
    builder: ir.IRBuilder, first: ir.Value, rows: ir.Value, step: ir.Value, run: Callable[[ir.Value], None]
) -> None:
    """Emits `run` for the beginnings of `rows` runs that lie `step` apart."""
    with cgutils.for_range(builder, rows, intp=INDEX) as loop:
        run(builder.add(first, builder.mul(loop.index, step)))


def existing(stream: Stream, value: ir.Value, count: ir.Value | None) -> ir.Value:
    """The vector with 0 in the lanes that do not exist."""
    if count is None:
        return value
    return stream.builder.select(stream.mask(count), value, ir.Constant(value.type, None))


def load(stream: Stream, position: ir.Value, count: ir.Value | None) -> ir.Value:
    """A vector of the run; lanes that do not exist are 0."""
    return stream.load(position) if count is None else stream.load_first(count, position)


def store(stream: Stream, value: ir.Value, position: ir.Value, count: ir.Value | None) -> None:
    """Writes the lanes that exist."""
    if count is None:
        stream.store(value, position)
    else:
        stream.store_first(value, count, position)


def widen(builder: ir.IRBuilder, value: ir.Value) -> ir.Value:
    """The vector in float64."""
    kind = ir.VectorType(DOUBLE, value.type.count)
    return value if value.type == kind else builder.fpext(value, kind)


class Cells:
    """A 2-D array argument of an intrinsic: in each row, from column `offset`, a value for each lane of a pair."""

    def __init__(
        self, context: Any, builder: ir.IRBuilder, array: Any, value: ir.Value, offset: ir.Value, lanes: int
    ) -> None:
        struct = context.make_array(array)(context, builder, value)
        self.context, self.builder, self.data, self.size = context, builder, struct.data, struct.nitems
        self.offset, self.lanes = offset, lanes
        self.columns = builder.extract_value(struct.shape, 1)
        self.kind = ir.VectorType(DOUBLE if array.dtype.bitwidth == 64 else ir.FloatType(), lanes)

    def _pointer(self, row: int, column: ir.Value) -> ir.Value:
        begin = self.builder.add(self.builder.mul(index(row), self.columns), self.offset)
        position = self.builder.add(begin, column)
        check_bounds(self.context, self.builder, position, index(self.lanes), self.size)
        return self.builder.bitcast(self.builder.gep(self.data, [position]), self.kind.as_pointer())

    def load_at(self, row: int, column: ir.Value) -> ir.Value:
        """The vector of a row that begins `column` behind the offset."""
        return self.builder.load(self._pointer(row, column), typ=self.kind, align=4)

    def load(self, row: int) -> list[ir.Value]:
        """The pair of vectors of a row."""
        return [self.load_at(row, index(number * self.lanes)) for number in (0, 1)]

    def store(self, row: int, pair: Sequence[ir.Value]) -> None:
        for number, value in enumerate(pair):
            self.builder.store(value, self._pointer(row, index(number * self.lanes)), align=4)


class HeldCells:
    """Rows of cells, in registers while they are changed; `finish` puts them back."""

    def __init__(self, cells: Cells, rows: int) -> None:
        self.cells, self.builder = cells, cells.builder
        self.slots = [[cgutils.alloca_once(self.builder, cells.kind) for _ in (0, 1)] for _ in range(rows)]
        for row, pair in enumerate(self.slots):
            for value, slot in zip(cells.load(row), pair, strict=True):
                self.builder.store(value, slot)

    def change(self, row: int, number: int, by: Callable[[ir.Value], ir.Value]) -> None:
        slot = self.slots[row][number]
        self.builder.store(by(self.builder.load(slot, typ=self.cells.kind)), slot)

    def finish(self) -> None:
        for row, pair in enumerate(self.slots):
            self.cells.store(row, [self.builder.load(slot, typ=self.cells.kind) for slot in pair])
