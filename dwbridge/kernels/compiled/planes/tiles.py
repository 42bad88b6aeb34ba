"""Tiles: the innermost work of convolution, in registers. Everything around them moves data and counts.

A frame is a padded image plane in scratch memory, in the computing type. A tile is R rows of V vectors of one output
plane: up to 8 sums in registers, each frame vector loaded once and used for every output row that it reaches. For a
weight gradient a walk over a plane keeps a few taps' sums in registers.

Taps come in two forms. Fixed: a kernel of (kh, kw) at a stride of (sy, sx), all unrolled, for the sizes that networks
use. Listed: any number of taps, each a position in the frame, walked in a loop.

Arithmetic: fused multiply-adds, a tap after another; which products enter which sum in which order follows from the
shapes alone.
"""

from __future__ import annotations

import functools
import platform
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dwbridge.kernels.compiled.planes.cuts import ROWS
from dwbridge.kernels.compiled.vectors.stream import INDEX, Stream, fma, index, splat

Builder: TypeAlias = ir.IRBuilder


def _literals(kinds: Sequence[Any]) -> list[int] | None:
    """The values of literal arguments; None while Numba still asks with plain integers."""
    if not all(isinstance(kind, types.IntegerLiteral) for kind in kinds):
        return None
    return [kind.literal_value for kind in kinds]


class _Sums:
    """Vectors that live through loops: LLVM keeps them in registers."""

    def __init__(self, builder: Builder, kind: ir.Type, count: int) -> None:
        self.builder = builder
        self.slots = [cgutils.alloca_once(builder, kind) for _ in range(count)]
        self.kind = kind

    def __getitem__(self, i: int) -> ir.Value:
        return self.builder.load(self.slots[i], typ=self.kind)

    def __setitem__(self, i: int, value: ir.Value) -> None:
        self.builder.store(value, self.slots[i])

    def fence(self) -> None:
        """Keeps LLVM from moving work across: left to itself it loads everything first, and then spills it.

        An empty piece of assembly that claims to change the sums and memory. Only x86 has registers of this width.
        """
        if platform.machine() not in ("x86_64", "AMD64"):
            return
        count = len(self.slots)
        result = ir.LiteralStructType([self.kind] * count) if count > 1 else self.kind
        kind = ir.FunctionType(result, [self.kind] * count)
        constraints = ",".join(["=x"] * count + [str(i) for i in range(count)] + ["~{memory}"])
        values = self.builder.asm(kind, "", constraints, [self[i] for i in range(count)], side_effect=True)
        for i in range(count):
            self[i] = self.builder.extract_value(values, i) if count > 1 else values

    def add_product(self, i: int, a: ir.Value, b: ir.Value) -> None:
        self[i] = fma(self.builder, a, b, self[i])

    def add(self, i: int, values: Sequence[ir.Value]) -> None:
        for value in values:
            self[i] = self.builder.fadd(self[i], value)


class _Plane:
    """An output plane, cut into strips of vectors and these into tiles; see `Cut`.

    The last vector of a row and the last tile of a strip overlap the ones before them: no tile has a ragged edge.
    """

    def __init__(self, builder: Builder, out: Stream, place: Sequence[ir.Value]) -> None:
        self.builder, self.out = builder, out
        self.begin, self.pitch, self.height, self.width = place
        self.limit = builder.add(self.begin, builder.mul(self.height, self.pitch))

    def cover(self, parts: Sequence[Sequence[ir.Value]], compute: Callable[[_Tile], None]) -> None:
        """Calls compute(tile) for tiles that cover the plane, and stores their sums.

        A part is (vectors of a strip, rows of a tile, strips). The code of every tile is there once.
        """
        builder = self.builder
        done = cgutils.alloca_once_value(builder, index(0))
        wide, narrow = parts

        def strip(s: ir.Value, begin: ir.Value, vectors: int, rows: int) -> None:
            first = builder.add(begin, builder.mul(s, index(vectors)))
            self._strip(first, vectors, rows, compute)

        def part(k: ir.Value) -> None:
            first = builder.icmp_signed("==", k, index(0))
            vectors, rows, strips = (builder.select(first, w, n) for w, n in zip(wide, narrow, strict=True))
            begin = builder.load(done, typ=INDEX)
            for v, r in [(v, r) for v, heights in ROWS.items() for r in heights]:
                is_v, is_r = builder.icmp_signed("==", vectors, index(v)), builder.icmp_signed("==", rows, index(r))
                with builder.if_then(builder.and_(is_v, is_r)):
                    _loop(builder, strips, functools.partial(strip, begin=begin, vectors=v, rows=r))
            builder.store(builder.add(begin, builder.mul(vectors, strips)), done)

        _loop(builder, index(2), part)

    def _strip(self, first: ir.Value, vectors: int, rows: int, compute: Callable[[_Tile], None]) -> None:
        builder, lanes = self.builder, self.out.lanes
        column = builder.mul(first, index(lanes))
        end = builder.sub(self.width, column)
        last = _smaller(builder, index((vectors - 1) * lanes), builder.sub(end, index(lanes)))
        last = _larger(builder, last, index(0))
        steps = builder.sdiv(builder.add(self.height, index(rows - 1)), index(rows))

        def step(k: ir.Value) -> None:
            row = _smaller(builder, builder.mul(k, index(rows)), builder.sub(self.height, index(rows)))
            tile = _Tile(self, row, column, last, rows, vectors)
            compute(tile)
            tile.store()

        _loop(builder, steps, step)


class _Tile:
    """R rows of V vectors of an output plane: where they are, and their sums."""

    def __init__(self, plane: _Plane, row: ir.Value, column: ir.Value, last: ir.Value, rows: int, vectors: int) -> None:
        self.plane, self.builder, self.out = plane, plane.builder, plane.out
        self.row, self.column, self.rows, self.vectors = row, column, rows, vectors
        self.starts = [index(v * self.out.lanes) for v in range(vectors - 1)] + [last]
        self.sums = _Sums(self.builder, self.out.vector, rows * vectors)

    def start(self, value: ir.Value) -> None:
        for i in range(self.rows * self.vectors):
            self.sums[i] = value

    def load(self, frame: Stream, position: ir.Value) -> list[ir.Value]:
        return [frame.load(self.builder.add(position, start)) for start in self.starts]

    def add_products(self, row: int, weight: ir.Value, loaded: Sequence[ir.Value]) -> None:
        for v, vector in enumerate(loaded):
            self.sums.add_product(row * self.vectors + v, weight, vector)

    def store(self) -> None:
        builder = self.builder
        for r in range(self.rows):
            row = builder.mul(builder.add(self.row, index(r)), self.plane.pitch)
            begin = builder.add(builder.add(self.plane.begin, row), self.column)
            for v, start in enumerate(self.starts):
                self._store(self.sums[r * self.vectors + v], builder.add(begin, start))

    def _store(self, value: ir.Value, position: ir.Value) -> None:
        """Rows shorter than a vector spill into the next row, which is written after them; the last ones must not."""
        builder = self.builder
        if self.vectors > 1:
            self.out.store(value, position)
            return
        fits = builder.icmp_signed("<=", builder.add(position, index(self.out.lanes)), self.plane.limit)
        with builder.if_else(fits) as (whole, part):
            with whole:
                self.out.store(value, position)
            with part:
                self.out.store_first(value, self.plane.width, position)


def _smaller(builder: Builder, a: ir.Value, b: ir.Value) -> ir.Value:
    return builder.select(builder.icmp_signed("<", a, b), a, b)


def _larger(builder: Builder, a: ir.Value, b: ir.Value) -> ir.Value:
    return builder.select(builder.icmp_signed(">", a, b), a, b)


def _loop(builder: Builder, count: ir.Value, body: Callable[[ir.Value], None]) -> None:
    with cgutils.for_range(builder, count) as loop:
        body(loop.index)


@intrinsic(prefer_literal=True)
def fixed_plane(typingctx, out, begin, pitch, height, width, wide, wide_rows, wide_count, narrow, narrow_rows,
                narrow_count, frame, origin, row, phase, groups, step, weights, first, bias,
                kh, kw, sy, sx):  # fmt: skip
    """Writes a plane of a correlation with a fixed kernel, summed over `groups` frames that lie `step` apart.

    Output (r, q) is at out[begin + r pitch + q], for r < height and q < width; strips and tiles are `Cut`'s. Tap (i, j)
    of it is at frame[origin + (r sy + i) row + (j % sx) phase + j // sx + q], its weight at
    weights[first + i kw + j], of the g-th frame at weights[first + (g kh + i) kw + j].
    """
    shape = _literals((kh, kw, sy, sx))
    if shape is None:
        return None
    signature = types.void(out, *[types.intp] * 10, frame, *[types.intp] * 5, weights, types.intp, bias,
                           kh, kw, sy, sx)  # fmt: skip

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        kh, kw, sy, sx = shape
        y = Stream(context, builder, sig.args[0], args[0])
        x = Stream(context, builder, sig.args[11], args[11])
        w = Stream(context, builder, sig.args[17], args[17])
        origin, row, phase, groups, step = args[12:17]
        bias = splat(builder, args[19], y.lanes)

        def add_frame(tile: _Tile, top: ir.Value, taps: ir.Value) -> None:
            for frame_row in range((tile.rows - 1) * sy + kh):
                users = [(r, frame_row - r * sy) for r in range(tile.rows) if 0 <= frame_row - r * sy < kh]
                begin = builder.add(top, builder.mul(index(frame_row), row))
                for j in range(kw) if users else ():
                    at = builder.add(begin, builder.add(builder.mul(index(j % sx), phase), index(j // sx)))
                    loaded = tile.load(x, at)
                    for r, i in users:
                        tile.add_products(r, w.element(builder.add(taps, index(i * kw + j))), loaded)
                    tile.sums.fence()

        def compute(tile: _Tile) -> None:
            tile.start(bias)
            top = builder.mul(builder.mul(tile.row, index(sy)), row)
            top = builder.add(builder.add(origin, top), tile.column)

            def group(g: ir.Value) -> None:
                taps = builder.add(args[18], builder.mul(g, index(kh * kw)))
                add_frame(tile, builder.add(top, builder.mul(g, step)), taps)

            _loop(builder, groups, group)

        _Plane(builder, y, args[1:5]).cover((args[5:8], args[8:11]), compute)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def listed_plane(typingctx, out, begin, pitch, height, width, wide, wide_rows, wide_count, narrow, narrow_rows,
                 narrow_count, frame, origin, row, taps, from_tap, count, weights, first, bias):  # fmt: skip
    """Writes a plane of a correlation with any taps, those of a list from taps[from_tap] on, `count` of them.

    As `fixed_plane`; tap t of output (r, q) is at frame[origin + r row + taps[from_tap + t] + q], and its weight at
    weights[first + t].
    """
    signature = types.void(out, *[types.intp] * 10, frame, types.intp, types.intp, taps, types.intp, types.intp,
                           weights, types.intp, bias)  # fmt: skip

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        y = Stream(context, builder, sig.args[0], args[0])
        x = Stream(context, builder, sig.args[11], args[11])
        w = Stream(context, builder, sig.args[17], args[17])
        origin, row, from_tap, count, first = args[12], args[13], args[15], args[16], args[18]
        offsets = context.make_array(sig.args[14])(context, builder, args[14]).data
        bias = splat(builder, args[19], y.lanes)

        def compute(tile: _Tile) -> None:
            tile.start(bias)
            top = builder.add(builder.add(origin, builder.mul(tile.row, row)), tile.column)

            def tap(t: ir.Value) -> None:
                place = builder.gep(offsets, [builder.add(from_tap, t)])
                at = builder.add(top, builder.load(place, typ=ir.IntType(64)))
                weight = w.element(builder.add(first, t))
                for r in range(tile.rows):
                    tile.add_products(r, weight, tile.load(x, builder.add(at, builder.mul(index(r), row))))

            _loop(builder, count, tap)

        _Plane(builder, y, args[1:5]).cover((args[5:8], args[8:11]), compute)
        return context.get_dummy_value()

    return signature, generate


class _Walk:
    """A walk over a plane of gy, rows and vectors at a time, for the sums of a weight gradient."""

    def __init__(self, builder: Builder, gy: Stream, place: Sequence[ir.Value]) -> None:
        self.builder, self.gy = builder, gy
        self.begin, self.pitch, self.height, self.width = place

    def over(self, rows: int, visit: Callable[..., None]) -> None:
        """Calls visit(first row, rows at once, first column, lanes that exist or None for all) for all of the plane."""
        builder = self.builder
        whole = builder.sdiv(self.height, index(rows))
        _loop(builder, whole, lambda k: self._along(builder.mul(k, index(rows)), rows, visit))
        done = builder.mul(whole, index(rows))
        if rows > 1:
            rest = builder.sub(self.height, done)
            _loop(builder, rest, lambda k: self._along(builder.add(done, k), 1, visit))

    def _along(self, row: ir.Value, rows: int, visit: Callable[..., None]) -> None:
        builder, lanes = self.builder, index(self.gy.lanes)
        whole = builder.sdiv(self.width, lanes)
        _loop(builder, whole, lambda k: visit(row, rows, builder.mul(k, lanes), None))
        done = builder.mul(whole, lanes)
        rest = builder.sub(self.width, done)
        with builder.if_then(builder.icmp_signed(">", rest, index(0))):
            visit(row, rows, done, rest)

    def load(self, row: ir.Value, column: ir.Value, count: ir.Value | None) -> ir.Value:
        at = self.builder.add(self.begin, self.builder.add(self.builder.mul(row, self.pitch), column))
        return _load(self.gy, at, count)


def _load(stream: Stream, position: ir.Value, count: ir.Value | None) -> ir.Value:
    """A vector, or its first lanes: what lies beyond an image's edge must not meet what is summed."""
    return stream.load(position) if count is None else stream.load_first(count, position)


class _Kept:
    """Sums that stay in memory between planes, a vector each, and in registers during a walk."""

    def __init__(self, builder: Builder, memory: Stream, first: ir.Value, numbers: Sequence[int]) -> None:
        self.builder, self.memory = builder, memory
        self.places = [builder.add(first, index(k * memory.lanes)) for k in numbers]
        self.sums = _Sums(builder, memory.vector, len(numbers))
        for k, place in enumerate(self.places):
            self.sums[k] = memory.load(place)

    def write_back(self) -> None:
        for k, place in enumerate(self.places):
            self.memory.store(self.sums[k], place)


@intrinsic(prefer_literal=True)
def fixed_weights(typingctx, sums, place, gy, begin, pitch, height, width, frame, origin, row, phase,
                  rows, columns, kh, kw, sy, sx):  # fmt: skip
    """Adds a plane's part to the weight gradient of a fixed kernel: vectors of partial sums, one for each tap.

    gy (r, q) is at gy[begin + r pitch + q], for r < height and q < width. The sum of gy itself is at sums[place], that
    of tap (i, j) at sums[place + (1 + i kw + j) lanes]. `rows` rows of gy are taken at a time, and the taps of
    `columns` kernel columns, so that their sums fit the registers. Frame positions are as in `fixed_plane`.
    """
    shape = _literals((rows, columns, kh, kw, sy, sx))
    if shape is None:
        return None
    signature = types.void(sums, types.intp, gy, *[types.intp] * 4, frame,
                           types.intp, types.intp, types.intp, rows, columns, kh, kw, sy, sx)  # fmt: skip

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        rows, columns, kh, kw, sy, sx = shape
        memory = Stream(context, builder, sig.args[0], args[0])
        walk = _Walk(builder, Stream(context, builder, sig.args[2], args[2]), args[3:7])
        x = Stream(context, builder, sig.args[7], args[7])
        origin, row, phase = args[8:11]

        def take(kept: _Kept, js: Sequence[int], total: int | None) -> None:
            def visit(r0: ir.Value, rows: int, q: ir.Value, count: ir.Value | None) -> None:
                gys = [walk.load(builder.add(r0, index(r)), q, count) for r in range(rows)]
                if total is not None:
                    kept.sums.add(total, gys)
                top = builder.add(origin, builder.add(builder.mul(builder.mul(r0, index(sy)), row), q))
                for frame_row in range((rows - 1) * sy + kh):
                    users = [(r, frame_row - r * sy) for r in range(rows) if 0 <= frame_row - r * sy < kh]
                    begin = builder.add(top, builder.mul(index(frame_row), row))
                    for k, j in enumerate(js) if users else ():
                        at = builder.add(begin, builder.add(builder.mul(index(j % sx), phase), index(j // sx)))
                        loaded = _load(x, at, count)
                        for r, i in users:
                            kept.sums.add_product(i * len(js) + k, gys[r], loaded)
                    kept.sums.fence()

            walk.over(rows, visit)

        for j0 in range(0, kw, columns):
            js = range(j0, min(j0 + columns, kw))
            numbers = [1 + i * kw + j for i in range(kh) for j in js]
            kept = _Kept(builder, memory, args[1], numbers if j0 else [*numbers, 0])
            take(kept, js, None if j0 else len(numbers))
            kept.write_back()
        return context.get_dummy_value()

    return signature, generate


@intrinsic(prefer_literal=True)
def listed_weights(typingctx, sums, place, gy, begin, pitch, height, width, frame, origin, row, taps, first,
                   count, total):  # fmt: skip
    """As `fixed_weights`, for `count` taps of a list, taps[first] and on: sums from sums[place + (1 + first) lanes] on.

    `row` is from one output row's frame position to the next's. The sum of gy is added to sums[place] if `total` is 1.
    """
    shape = _literals((count, total))
    if shape is None:
        return None
    signature = types.void(sums, types.intp, gy, *[types.intp] * 4, frame,
                           types.intp, types.intp, taps, types.intp, count, total)  # fmt: skip

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        count, total = shape
        memory = Stream(context, builder, sig.args[0], args[0])
        walk = _Walk(builder, Stream(context, builder, sig.args[2], args[2]), args[3:7])
        x = Stream(context, builder, sig.args[7], args[7])
        origin, row, first = args[8], args[9], args[11]
        listed = context.make_array(sig.args[10])(context, builder, args[10]).data
        offsets = [
            builder.load(builder.gep(listed, [builder.add(first, index(t))]), typ=ir.IntType(64)) for t in range(count)
        ]
        behind = builder.mul(builder.add(first, index(1)), index(memory.lanes))
        tap_sums = _Kept(builder, memory, builder.add(args[1], behind), range(count))
        gy_sum = _Kept(builder, memory, args[1], range(total))

        def visit(r: ir.Value, rows: int, q: ir.Value, exist: ir.Value | None) -> None:
            loaded = walk.load(r, q, exist)
            for k in range(total):
                gy_sum.sums.add(k, [loaded])
            top = builder.add(origin, builder.add(builder.mul(r, row), q))
            for t, offset in enumerate(offsets):
                tap_sums.sums.add_product(t, loaded, _load(x, builder.add(top, offset), exist))

        walk.over(1, visit)
        tap_sums.write_back()
        gy_sum.write_back()
        return context.get_dummy_value()

    return signature, generate
