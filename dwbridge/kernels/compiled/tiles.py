"""Tiles: the innermost work of convolution, in registers. Everything around them moves data and counts.

A frame is a padded image plane in scratch memory, in the computing type. A correlation tile computes R rows of V
vectors of one output plane from it: 7 to 9 sums in registers, each frame vector loaded once and used for every output
row that it reaches. A weight tile walks a plane and keeps a few taps' sums in registers.

Taps come in two forms. Fixed: a kernel of (kh, kw) at a stride of (sy, sx), all unrolled, for the sizes that networks
use. Listed: any number of taps, each a position in the frame, walked in a loop.

Arithmetic: fused multiply-adds, a tap after another; which products enter which sum in which order follows from the
shapes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dwbridge.kernels.compiled.vectors import Stream, fma, index, splat

Builder = ir.IRBuilder


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

    def add_product(self, i: int, a: ir.Value, b: ir.Value) -> None:
        self[i] = fma(self.builder, a, b, self[i])


class _Tile:
    """R rows of V vectors of an output plane: where they are, and their sums."""

    def __init__(self, builder: Builder, out: Stream, place: Sequence[ir.Value], rows: int, vectors: int) -> None:
        self.builder, self.out, self.rows, self.vectors = builder, out, rows, vectors
        self.position, self.pitch, self.last, self.width, self.limit = place
        self.sums = _Sums(builder, out.vector, rows * vectors)

    def columns(self) -> list[ir.Value]:
        """Where each vector begins; the last one may overlap the one before it."""
        return [index(v * self.out.lanes) for v in range(self.vectors - 1)] + [self.last]

    def start(self, value: ir.Value) -> None:
        for i in range(self.rows * self.vectors):
            self.sums[i] = value

    def add_products(self, row: int, weight: ir.Value, loaded: Sequence[ir.Value]) -> None:
        for v, vector in enumerate(loaded):
            self.sums.add_product(row * self.vectors + v, weight, vector)

    def finish(self) -> None:
        for row in range(self.rows):
            begin = self.builder.add(self.position, self.builder.mul(index(row), self.pitch))
            for v, column in enumerate(self.columns()):
                self._store(self.sums[row * self.vectors + v], self.builder.add(begin, column))

    def _store(self, value: ir.Value, position: ir.Value) -> None:
        """Rows shorter than a vector spill into the next row, which is written after them; the last ones must not."""
        if self.vectors > 1:
            self.out.store(value, position)
            return
        fits = self.builder.icmp_signed("<=", self.builder.add(position, index(self.out.lanes)), self.limit)
        with self.builder.if_else(fits) as (whole, part):
            with whole:
                self.out.store(value, position)
            with part:
                self.out.store_first(value, self.width, position)


def _loop(builder: Builder, count: ir.Value, body: Callable[[ir.Value], None]) -> None:
    with cgutils.for_range(builder, count) as loop:
        body(loop.index)


@intrinsic(prefer_literal=True)
def fixed_tile(typingctx, out, position, pitch, last, width, limit, frame, origin, row, phase, groups, step,
               weights, first, bias, rows, vectors, kh, kw, sy, sx):  # fmt: skip
    """Writes a tile of a correlation with a fixed kernel, summed over `groups` frames that lie `step` apart.

    out[position + r pitch + q] for r < rows and q below the vectors' reach; `last` is where the last vector begins,
    `width` how many of its lanes exist, `limit` where the plane ends. Tap (i, j) of output (r, q) is at
    frame[origin + (r sy + i) row + (j % sx) phase + j // sx + q]; its weight at weights[first + i kw + j].
    """
    shape = _literals((rows, vectors, kh, kw, sy, sx))
    if shape is None:
        return None
    signature = types.void(out, *[types.intp] * 5, frame, *[types.intp] * 5, weights, types.intp, bias,
                           rows, vectors, kh, kw, sy, sx)  # fmt: skip

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        rows, vectors, kh, kw, sy, sx = shape
        y = Stream(context, builder, sig.args[0], args[0])
        x = Stream(context, builder, sig.args[6], args[6])
        w = Stream(context, builder, sig.args[12], args[12])
        origin, row, phase, groups, step = args[7:12]
        tile = _Tile(builder, y, args[1:6], rows, vectors)
        tile.start(splat(builder, args[14], y.lanes))

        def group(g: ir.Value) -> None:
            start = builder.add(origin, builder.mul(g, step))
            taps = builder.add(args[13], builder.mul(g, index(kh * kw)))
            for frame_row in range((rows - 1) * sy + kh):
                users = [(r, frame_row - r * sy) for r in range(rows) if 0 <= frame_row - r * sy < kh]
                begin = builder.add(start, builder.mul(index(frame_row), row))
                for j in range(kw) if users else ():
                    at = builder.add(begin, builder.add(builder.mul(index(j % sx), phase), index(j // sx)))
                    loaded = [x.load(builder.add(at, column)) for column in tile.columns()]
                    for r, i in users:
                        tile.add_products(r, w.element(builder.add(taps, index(i * kw + j))), loaded)

        _loop(builder, groups, group)
        tile.finish()
        return context.get_dummy_value()

    return signature, generate


@intrinsic(prefer_literal=True)
def listed_tile(typingctx, out, position, pitch, last, width, limit, frame, origin, row, taps, count,
                weights, first, bias, rows, vectors):  # fmt: skip
    """Writes a tile of a correlation with any taps.

    As `fixed_tile`; tap t of output (r, q) is at frame[origin + r row + taps[t] + q], its weight at weights[first + t].
    """
    shape = _literals((rows, vectors))
    if shape is None:
        return None
    signature = types.void(out, *[types.intp] * 5, frame, types.intp, types.intp, taps, types.intp,
                           weights, types.intp, bias, rows, vectors)  # fmt: skip

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        rows, vectors = shape
        y = Stream(context, builder, sig.args[0], args[0])
        x = Stream(context, builder, sig.args[6], args[6])
        w = Stream(context, builder, sig.args[11], args[11])
        offsets = context.make_array(sig.args[9])(context, builder, args[9]).data
        tile = _Tile(builder, y, args[1:6], rows, vectors)
        tile.start(splat(builder, args[13], y.lanes))

        def tap(t: ir.Value) -> None:
            offset = builder.load(builder.gep(offsets, [t]), typ=ir.IntType(64))
            weight = w.element(builder.add(args[12], t))
            for r in range(rows):
                begin = builder.add(builder.add(args[7], offset), builder.mul(index(r), args[8]))
                tile.add_products(r, weight, [x.load(builder.add(begin, column)) for column in tile.columns()])

        _loop(builder, args[10], tap)
        tile.finish()
        return context.get_dummy_value()

    return signature, generate
