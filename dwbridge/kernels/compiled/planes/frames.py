"""Frames: planes of images in scratch memory, padded, in the computing type, and laid out for the stride.

Row f of a frame holds image row `first` + f; a row outside the image is zero. With a column stride of s a row is in
s phases, `phase` elements apart: column u of the padded image is in phase u % s at u // s. So every tap of a window
reads contiguous elements, whatever the stride.

A frame starts zero, and only image columns are ever written: what pads them stays zero. Vectors are written whole,
zero beyond the image's edge, so rows have room for one vector more than they need.

Images come as one flat array, or as the four axes of an array of any strides; `plane` counts images' channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from dwbridge.kernels.compiled.compiler import routine
from dwbridge.kernels.compiled.vectors.stream import Stream, index

Builder: TypeAlias = ir.IRBuilder


@intrinsic
def copy_rows(typingctx, frame, to, row, source, begin, pitch, rows, count):
    """frame[to + f row:] = source[begin + f pitch:][:count] for f < rows; zeros up to a whole number of vectors."""

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        y, to, row, x, begin, pitch, rows, count = _streams(context, builder, sig, args)
        whole = builder.sdiv(count, index(x.lanes))
        done = builder.mul(whole, index(x.lanes))
        rest = builder.sub(count, done)
        ragged = builder.icmp_signed(">", rest, index(0))

        def copy_row(f: ir.Value) -> None:
            target, start = _at(builder, to, f, row), _at(builder, begin, f, pitch)
            with cgutils.for_range(builder, whole) as loop:
                at = builder.mul(loop.index, index(x.lanes))
                y.store(x.load(builder.add(start, at)), builder.add(target, at))
            with builder.if_then(ragged):
                y.store(x.load_first(rest, builder.add(start, done)), builder.add(target, done))

        with cgutils.for_range(builder, rows) as loop:
            copy_row(loop.index)
        return context.get_dummy_value()

    return types.void(frame, types.intp, types.intp, source, *[types.intp] * 4), generate


@intrinsic
def split_rows(typingctx, frame, evens, odds, row, source, begin, pitch, rows, count):
    """As `copy_rows`: a row's even elements to frame[evens + f row:], its odd ones to frame[odds + f row:]."""

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        y, evens, odds, row, x, begin, pitch, rows, count = _streams(context, builder, sig, args)
        blocks = builder.sdiv(builder.add(count, index(2 * x.lanes - 1)), index(2 * x.lanes))

        def split_row(f: ir.Value) -> None:
            start = _at(builder, begin, f, pitch)
            with cgutils.for_range(builder, blocks) as loop:
                done = builder.mul(loop.index, index(2 * x.lanes))
                low, high = _load_two(builder, x, builder.sub(count, done), builder.add(start, done))
                half = builder.mul(loop.index, index(x.lanes))
                y.store(_every_other(builder, low, high, 0), builder.add(_at(builder, evens, f, row), half))
                y.store(_every_other(builder, low, high, 1), builder.add(_at(builder, odds, f, row), half))

        with cgutils.for_range(builder, rows) as loop:
            split_row(loop.index)
        return context.get_dummy_value()

    return types.void(frame, types.intp, types.intp, types.intp, source, *[types.intp] * 4), generate


@intrinsic
def zero(typingctx, frame, to, count):
    """frame[to : to + count] = 0, for a whole number of vectors."""

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        y, to, count = _streams(context, builder, sig, args)
        with cgutils.for_range(builder, builder.sdiv(count, index(y.lanes))) as loop:
            y.store(ir.Constant(y.vector, None), _at(builder, to, loop.index, index(y.lanes)))
        return context.get_dummy_value()

    return types.void(frame, types.intp, types.intp), generate


@intrinsic
def join(typingctx, target, to, source, evens, odds, count):
    """target[to : to + count] from the elements of source[evens:] and source[odds:] in turn."""

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        y, to, x, evens, odds, count = _streams(context, builder, sig, args)
        pairs = index(2 * x.lanes)
        blocks = builder.sdiv(builder.add(count, index(2 * x.lanes - 1)), pairs)
        with cgutils.for_range(builder, blocks) as loop:
            half = builder.mul(loop.index, index(x.lanes))
            a, b = x.load(builder.add(evens, half)), x.load(builder.add(odds, half))
            done = builder.mul(loop.index, pairs)
            left, at = builder.sub(count, done), builder.add(to, done)
            _store_two(builder, y, _zip(builder, a, b, 0), _zip(builder, a, b, 1), left, at)
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp, types.intp, types.intp), generate


def _streams(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> list[Any]:
    return [
        Stream(context, builder, kind, value) if isinstance(kind, types.Array) else value
        for kind, value in zip(sig.args, args, strict=True)
    ]


def _at(builder: Builder, begin: ir.Value, k: ir.Value, step: ir.Value) -> ir.Value:
    return builder.add(begin, builder.mul(k, step))


def _load_two(builder: Builder, x: Stream, left: ir.Value, at: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Two neighbouring vectors, of which `left` elements exist."""
    slots = [cgutils.alloca_once(builder, x.vector) for _ in range(2)]
    with builder.if_else(builder.icmp_signed(">=", left, index(2 * x.lanes))) as (whole, part):
        with whole:
            for i, slot in enumerate(slots):
                builder.store(x.load(builder.add(at, index(i * x.lanes))), slot)
        with part:
            for i, slot in enumerate(slots):
                count = _at_least_zero(builder, builder.sub(left, index(i * x.lanes)))
                builder.store(x.load_first(count, builder.add(at, index(i * x.lanes))), slot)
    low, high = (builder.load(slot, typ=x.vector) for slot in slots)
    return low, high


def _store_two(builder: Builder, y: Stream, low: ir.Value, high: ir.Value, left: ir.Value, at: ir.Value) -> None:
    with builder.if_else(builder.icmp_signed(">=", left, index(2 * y.lanes))) as (whole, part):
        with whole:
            y.store(low, at)
            y.store(high, builder.add(at, index(y.lanes)))
        with part:
            y.store_first(low, left, at)
            rest = _at_least_zero(builder, builder.sub(left, index(y.lanes)))
            y.store_first(high, rest, builder.add(at, index(y.lanes)))


def _at_least_zero(builder: Builder, value: ir.Value) -> ir.Value:
    return builder.select(builder.icmp_signed(">", value, index(0)), value, index(0))


def _every_other(builder: Builder, low: ir.Value, high: ir.Value, first: int) -> ir.Value:
    return _pick(builder, low, high, list(range(first, 2 * low.type.count, 2)))


def _zip(builder: Builder, a: ir.Value, b: ir.Value, half: int) -> ir.Value:
    """The first or the second half of a0 b0 a1 b1 ..."""
    count = a.type.count
    begin = half * count // 2
    return _pick(builder, a, b, [i for k in range(count // 2) for i in (begin + k, count + begin + k)])


def _pick(builder: Builder, a: ir.Value, b: ir.Value, lanes: list[int]) -> ir.Value:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes))


@intrinsic
def widen(typingctx, value):
    """One stored element as a number of the computing type."""
    result = types.float32 if value == types.uint16 else value

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        if sig.args[0] != types.uint16:
            return args[0]
        return builder.fpext(builder.bitcast(args[0], ir.HalfType()), ir.FloatType())

    return result(value), generate


@intrinsic
def narrow(typingctx, value, like):
    """A computed number as an element of the storage type of the array `like`."""

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        if sig.return_type != types.uint16:
            return args[0]
        return builder.bitcast(builder.fptrunc(args[0], ir.HalfType()), ir.IntType(16))

    return like.dtype(value, like), generate


def place(frame, to, x, plane, first, rows, form):
    """Copies image rows first .. first + rows into frame rows, the first of which starts at `to`."""
    raise NotImplementedError("for compiled callers only")


@overload(place, inline="always")
def _place(frame, to, x, plane, first, rows, form):
    return _place_flat if x.ndim == 1 else _place_any


def _place_flat(frame, to, x, plane, first, rows, form):
    height, width, left, stride, begin, count, row, phase = form
    position = (plane * height + first) * width + begin
    u = begin + left
    if stride == 1:
        copy_rows(frame, to + u, row, x, position, width, rows, count)
    elif stride == 2:
        evens = to + (u % 2) * phase + u // 2
        odds = to + ((u + 1) % 2) * phase + (u + 1) // 2
        split_rows(frame, evens, odds, row, x, position, width, rows, count)
    else:
        for f in range(rows):
            for q in range(count):
                place_of = to + f * row + ((u + q) % stride) * phase + (u + q) // stride
                frame[place_of] = widen(x[position + f * width + q])


def _place_any(frame, to, x, plane, first, rows, form):
    _, _, left, stride, begin, count, row, phase = form
    n, c = plane // x.shape[1], plane % x.shape[1]
    for f in range(rows):
        for q in range(begin, begin + count):
            u = q + left
            frame[to + f * row + (u % stride) * phase + u // stride] = widen(x[n, c, first + f, q])


@routine
def fill(frame, to, x, plane, first, rows, form, clear):
    """Rows first .. first + rows of an image plane, into a frame of this form (see `Form`) that starts at `to`.

    Rows outside the image are set to zero if `clear`; else they are taken to be zero already.
    """
    low, high, row = max(first, 0), min(first + rows, form[0]), form[6]
    if low < high:
        place(frame, to + (low - first) * row, x, plane, low, high - low, form)
    if clear:
        zero(frame, to, (min(low, first + rows) - first) * row)
        zero(frame, to + (max(high, first) - first) * row, (first + rows - max(high, first)) * row)


class Form(NamedTuple):
    """How image rows lie in a frame: sizes in elements."""

    height: int  #: rows of the image
    width: int  #: columns of the image
    left: int  #: padded column of the image's first column; negative if columns are cut off
    stride: int  #: column stride: the number of phases
    begin: int  #: the image's first column that any tap reads
    used: int  #: how many columns any tap reads
    row: int  #: from one frame row to the next
    phase: int  #: from one phase of a row to the next

    @classmethod
    def of(cls, image: Sequence[int], left: int, stride: int, columns: int, reach: int, lanes: int) -> Form:
        """A form for `columns` outputs whose taps reach `reach` columns of a phase beyond theirs."""
        height, width = image
        begin = max(0, -left)
        reached = (max(columns, lanes) + reach) * stride
        used = max(0, min(width, reached - left) - begin)
        phase = max(max(columns, lanes) + reach, -(-(begin + left + used) // stride) + lanes)
        phase = -(-phase // lanes) * lanes
        return cls(height, width, left, stride, begin, used, phase * stride, phase)
