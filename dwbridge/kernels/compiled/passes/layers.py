"""The passes of layer normalization: along a row of adjacent numbers, or down a block of columns.

A row is one vector to be normalized; its elements are adjacent. In a block of columns every column is one: vectors hold
numbers of different columns, and what belongs to one column is one stride apart. Sums are kept in float64, for each
lane; those of a column's gradients in the computing type. What is added to which sum, in which order, follows from the
shape alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dwbridge.kernels.compiled.vectors.lanes import Lanes, fma
from dwbridge.kernels.compiled.vectors.runs import load, store, walk, widen
from dwbridge.kernels.compiled.vectors.stream import INDEX, Stream, index, splat

DOUBLE = ir.DoubleType()

#: Vectors side by side in a block of columns.
WIDTH = 2


class Total:
    """A sum for each lane, in float64 or another type, in registers.

    There are `parts` of it, so that one addition need not wait for another.
    """

    def __init__(self, builder: ir.IRBuilder, lanes: int, parts: int = 1, element: ir.Type = DOUBLE) -> None:
        self.builder, self.kind = builder, ir.VectorType(element, lanes)
        self.slots = [cgutils.alloca_once(builder, self.kind) for _ in range(parts)]
        for slot in self.slots:
            builder.store(ir.Constant(self.kind, None), slot)

    def add(self, value: Lanes, part: int = 0) -> None:
        self._set(part, self.builder.fadd(self._get(part), self._widened(value).value))

    def add_product(self, a: Lanes, b: Lanes, part: int = 0) -> None:
        self._set(part, fma(self._widened(a), self._widened(b), Lanes(self.builder, self._get(part))).value)

    def _widened(self, value: Lanes) -> Lanes:
        return Lanes(self.builder, value.value if value.value.type == self.kind else widen(self.builder, value.value))

    def _get(self, part: int) -> ir.Value:
        return self.builder.load(self.slots[part], typ=self.kind)

    def _set(self, part: int, value: ir.Value) -> None:
        self.builder.store(value, self.slots[part])

    @property
    def value(self) -> ir.Value:
        first, *others = (self._get(part) for part in range(len(self.slots)))
        return functools.reduce(self.builder.fadd, others, first)

    def over_lanes(self) -> ir.Value:
        """The lanes' sum in every lane: half of them added to the other half, until one is left."""
        value, builder = self.value, self.builder
        while (count := value.type.count) > 1:
            halves = [
                ir.Constant(ir.VectorType(ir.IntType(32), count // 2), list(range(begin, begin + count // 2)))
                for begin in (0, count // 2)
            ]
            value = builder.fadd(*(builder.shuffle_vector(value, value, half) for half in halves))
        return splat(builder, builder.extract_element(value, ir.Constant(ir.IntType(32), 0)), self.kind.count)


class Places:
    """Streams read and written at the same places, with 0 in lanes that do not exist."""

    def __init__(self, builder: ir.IRBuilder, *streams: Stream) -> None:
        self.builder, self.streams = builder, streams

    def __call__(self, place: ir.Value, count: ir.Value | None) -> list[Lanes]:
        return [Lanes(self.builder, load(stream, place, count)) for stream in self.streams]


def _existing(stream: Stream, value: Lanes, count: ir.Value | None) -> Lanes:
    if count is None:
        return value
    nothing = ir.Constant(value.value.type, None)
    return Lanes(value.builder, value.builder.select(stream.mask(count), value.value, nothing))


def _statistics(builder: ir.IRBuilder, total: ir.Value, n: ir.Value, model: Stream) -> Lanes:
    """A total divided by n, rounded to the computing type."""
    return _narrowed(builder, builder.fdiv(total, splat(builder, builder.sitofp(n, DOUBLE), model.lanes)), model)


def _narrowed(builder: ir.IRBuilder, value: ir.Value, model: Stream) -> Lanes:
    return Lanes(builder, value if value.type == model.vector else builder.fptrunc(value, model.vector))


def _inverse_deviation(builder: ir.IRBuilder, squares: ir.Value, n: ir.Value, eps: ir.Value, model: Stream) -> Lanes:
    """1 / sqrt(squares / n + eps), computed in float64 and rounded once."""
    kind = squares.type
    variance = builder.fdiv(squares, splat(builder, builder.sitofp(n, DOUBLE), kind.count))
    signature = ir.FunctionType(kind, [kind])
    root = cgutils.get_or_insert_function(builder.module, signature, f"llvm.sqrt.v{kind.count}f64")
    deviation = builder.call(root, [builder.fadd(variance, splat(builder, eps, kind.count))])
    return _narrowed(builder, builder.fdiv(ir.Constant(kind, [1.0] * kind.count), deviation), model)


def _streams(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value], numbers: Sequence[int]) -> list:
    return [Stream(context, builder, sig.args[k], args[k]) for k in numbers]


def _store_scalar(stream: Stream, value: Lanes, place: ir.Value) -> None:
    stream.store_first(value.value, index(1), place)


@intrinsic
def normalize_row(typingctx, x, y, first, n, gamma, beta, eps, mean, inv_std, row):
    """y of the row that begins at `first`, and its statistics at [row]."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        source, target, scale, shift, means, deviations = _streams(context, builder, sig, args, (0, 1, 4, 5, 7, 8))
        first, n, eps, row = args[2], args[3], args[6], args[9]
        total, squares = (Total(builder, source.lanes, 2) for _ in range(2))
        read = Places(builder, source)

        def add(at: ir.Value, number: int, count: ir.Value | None) -> None:
            (value,) = read(builder.add(first, at), count)
            total.add(value, number)

        walk(builder, n, source.lanes, add)
        mean = _statistics(builder, total.over_lanes(), n, source)

        def add_square(at: ir.Value, number: int, count: ir.Value | None) -> None:
            (value,) = read(builder.add(first, at), count)
            deviation = _existing(source, value - mean, count)
            squares.add_product(deviation, deviation, number)

        walk(builder, n, source.lanes, add_square)
        inverse = _inverse_deviation(builder, squares.over_lanes(), n, eps, source)

        def write(at: ir.Value, number: int, count: ir.Value | None) -> None:
            place = builder.add(first, at)
            (value,) = read(place, count)
            factor, offset = Places(builder, scale, shift)(at, count)
            store(target, fma((value - mean) * inverse, factor, offset).value, place, count)

        walk(builder, n, source.lanes, write)
        _store_scalar(means, mean, row)
        _store_scalar(deviations, inverse, row)
        return context.get_dummy_value()

    return types.void(x, y, types.intp, types.intp, gamma, beta, types.float64, mean, inv_std, types.intp), generate


@intrinsic
def row_gradient(typingctx, x, gy, gx, first, n, gamma, mean, inv_std, row, sums):
    """gx of the row that begins at `first`; gy x_hat is added to sums[:n], gy to sums[n:]."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        source, given, target, scale, means, deviations, kept = _streams(
            context, builder, sig, args, (0, 1, 2, 5, 6, 7, 9)
        )
        first, n, row = args[3], args[4], args[8]
        mean, inverse = (Lanes(builder, stream.element(row)) for stream in (means, deviations))
        total, product = (Total(builder, source.lanes, 2) for _ in range(2))

        def add(at: ir.Value, number: int, count: ir.Value | None) -> None:
            value, gradient = Places(builder, source, given)(builder.add(first, at), count)
            (factor,) = Places(builder, scale)(at, count)
            scaled = gradient * factor
            total.add(scaled, number)
            product.add_product(scaled, _existing(source, (value - mean) * inverse, count), number)

        walk(builder, n, source.lanes, add)
        offset = _statistics(builder, total.over_lanes(), n, source)
        slope = _statistics(builder, product.over_lanes(), n, source)

        def write(at: ir.Value, number: int, count: ir.Value | None) -> None:
            place = builder.add(first, at)
            value, gradient = Places(builder, source, given)(place, count)
            (factor,) = Places(builder, scale)(at, count)
            normal = (value - mean) * inverse
            store(target, _gradient(gradient * factor, offset, slope, normal, inverse).value, place, count)
            _add_to(kept, at, gradient * normal, count)
            _add_to(kept, builder.add(n, at), gradient, count)

        walk(builder, n, source.lanes, write)
        return context.get_dummy_value()

    signature = types.void(x, gy, gx, types.intp, types.intp, gamma, mean, inv_std, types.intp, sums)
    return signature, generate


def _gradient(scaled: Lanes, offset: Lanes, slope: Lanes, normal: Lanes, inverse: Lanes) -> Lanes:
    return fma(-normal, slope, scaled - offset) * inverse


def _add_to(kept: Stream, place: ir.Value, value: Lanes, count: ir.Value | None) -> None:
    """Adds to the sums in memory, which have the computing type."""
    before = Lanes(kept.builder, load(kept, place, count))
    store(kept, (before + value).value, place, count)


def _down(builder: ir.IRBuilder, n: ir.Value, step: ir.Value, body: Callable[[ir.Value, ir.Value], None]) -> None:
    """Emits body(number, offset) for the n numbers of a column, `step` apart."""
    with cgutils.for_range(builder, n, intp=INDEX) as loop:
        body(loop.index, builder.mul(loop.index, step))


class Block:
    """Vectors side by side over a block of columns: all whole, or the last one masked where fewer columns are left."""

    def __init__(self, builder: ir.IRBuilder, first: ir.Value, lanes: int, width: int, left: ir.Value | None) -> None:
        self.builder, self.width = builder, width
        self.vectors = [(builder.add(first, index(k * lanes)), None) for k in range(width)]
        if left is not None:
            self.vectors[-1] = (self.vectors[-1][0], builder.sub(left, index((width - 1) * lanes)))

    def each(self, offset: ir.Value) -> list[tuple[int, ir.Value, ir.Value | None]]:
        """(number, place, how many lanes exist) of the vectors at an offset."""
        return [(k, self.builder.add(place, offset), count) for k, (place, count) in enumerate(self.vectors)]


def _over_block(
    builder: ir.IRBuilder, first: ir.Value, lanes: int, left: ir.Value, body: Callable[[Block], None]
) -> None:
    """Emits `body` for a block of which `left` columns exist: for a whole one, and for each number of vectors."""
    with builder.if_else(builder.icmp_signed(">=", left, index(WIDTH * lanes))) as (whole, part):
        with whole:
            body(Block(builder, first, lanes, WIDTH, None))
        with part:
            for width in range(1, WIDTH + 1):
                more = builder.icmp_signed(">", left, index((width - 1) * lanes))
                enough = builder.icmp_signed("<=", left, index(width * lanes))
                with builder.if_then(builder.and_(more, enough)):
                    body(Block(builder, first, lanes, width, left))


@intrinsic
def normalize_columns(typingctx, x, y, first, left, step, n, gamma, beta, eps, mean, inv_std, column):
    """y of a block of columns that begins at `first`, and their statistics from [column] on.

    `left` columns exist, from one number of a column to the next it is `step` elements.
    """

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        source, target, scale, shift, means, deviations = _streams(context, builder, sig, args, (0, 1, 6, 7, 9, 10))
        first, left, step, n, eps, column = (*args[2:6], args[8], args[11])
        lanes = source.lanes
        read = Places(builder, source)

        def compute(block: Block) -> None:
            totals, squares = ([Total(builder, lanes) for _ in block.vectors] for _ in range(2))

            def add(number: ir.Value, offset: ir.Value) -> None:
                for k, place, count in block.each(offset):
                    totals[k].add(read(place, count)[0])

            _down(builder, n, step, add)
            centres = [_statistics(builder, total.value, n, source) for total in totals]

            def add_square(number: ir.Value, offset: ir.Value) -> None:
                for k, place, count in block.each(offset):
                    deviation = read(place, count)[0] - centres[k]
                    squares[k].add_product(deviation, deviation)

            _down(builder, n, step, add_square)
            inverses = [_inverse_deviation(builder, total.value, n, eps, source) for total in squares]

            def write(number: ir.Value, offset: ir.Value) -> None:
                factor, add = (Lanes(builder, stream.element(number)) for stream in (scale, shift))
                for k, place, count in block.each(offset):
                    normal = (read(place, count)[0] - centres[k]) * inverses[k]
                    store(target, fma(normal, factor, add).value, place, count)

            _down(builder, n, step, write)
            for k, place, count in block.each(builder.sub(column, first)):
                store(means, centres[k].value, place, count)
                store(deviations, inverses[k].value, place, count)

        _over_block(builder, first, lanes, left, compute)
        return context.get_dummy_value()

    given = (x, y, *[types.intp] * 4, gamma, beta, types.float64, mean, inv_std, types.intp)
    return types.void(*given), generate


@intrinsic
def columns_gradient(typingctx, x, gy, gx, first, left, step, n, gamma, mean, inv_std, column, sums):
    """gx of a block of columns; gy x_hat is added to sums[:n lanes], a vector for each number, gy to what follows."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        source, given, target, scale, means, deviations, kept = _streams(
            context, builder, sig, args, (0, 1, 2, 7, 8, 9, 11)
        )
        first, left, step, n, column = (*args[3:7], args[10])
        lanes = source.lanes
        read = Places(builder, source, given)

        def compute(block: Block) -> None:
            at_column = block.each(builder.sub(column, first))
            statistics = [Places(builder, means, deviations)(place, count) for _, place, count in at_column]
            element = source.compute
            totals, products = ([Total(builder, lanes, 1, element) for _ in block.vectors] for _ in range(2))

            def add(number: ir.Value, offset: ir.Value) -> None:
                factor = Lanes(builder, scale.element(number))
                sums = [factor.like(0.0), factor.like(0.0)]
                for k, place, count in block.each(offset):
                    value, gradient = read(place, count)
                    mean, inverse = statistics[k]
                    normal = (value - mean) * inverse
                    totals[k].add(gradient * factor)
                    products[k].add_product(gradient * factor, normal)
                    sums = [sums[0] + gradient * normal, sums[1] + gradient]
                place = builder.mul(number, index(lanes))
                _add_to(kept, place, sums[0], None)
                _add_to(kept, builder.add(builder.mul(n, index(lanes)), place), sums[1], None)

            _down(builder, n, step, add)
            offsets, slopes = (
                [_statistics(builder, widen(builder, total.value), n, source) for total in sums]
                for sums in (totals, products)
            )

            def write(number: ir.Value, offset: ir.Value) -> None:
                factor = Lanes(builder, scale.element(number))
                for k, place, count in block.each(offset):
                    value, gradient = read(place, count)
                    mean, inverse = statistics[k]
                    result = _gradient(gradient * factor, offsets[k], slopes[k], (value - mean) * inverse, inverse)
                    store(target, result.value, place, count)

            _down(builder, n, step, write)

        _over_block(builder, first, lanes, left, compute)
        return context.get_dummy_value()

    signature = types.void(x, gy, gx, *[types.intp] * 4, gamma, mean, inv_std, types.intp, sums)
    return signature, generate
