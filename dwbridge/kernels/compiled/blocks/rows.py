"""Rows of outputs of a correlation on blocks: as many at a time as fit the registers.

`unit` outputs of a row are summed side by side. Unrolled, for kernels kw wide: a row of taps is kw vectors of weights,
and every pixel that it reads is loaded once for all of the outputs that it belongs to. Listed, for all other kernels:
taps are walked one by one.

Sums are fused multiply-adds, a tap after another; taps that lie above or below the image are not in a line's range.

A line, one row of outputs, is four numbers of the table `lines`: where its pixels begin, its first tap row (or tap)
and the one behind its last, where its outputs begin.
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

from dwbridge.kernels.compiled.blocks.tables import entry
from dwbridge.kernels.compiled.vectors.stream import Stream, fma, index

Builder: TypeAlias = ir.IRBuilder

#: Outputs that are summed side by side: with a kernel row's weights and a pixel they fit 16 registers.
UNITS = tuple(range(1, 9))


def unit_of(width: int, multiple: int = 1) -> tuple[int, int]:
    """How many outputs to sum side by side, and how often, for a row of `width`; as evenly as it goes.

    >>> unit_of(14), unit_of(12), unit_of(15, multiple=2)
    ((7, 2), (6, 2), (8, 2))
    """
    groups = -(-width // UNITS[-1])
    unit = -(-width // groups)
    return -(-unit // multiple) * multiple, groups


class Sums:
    """Vectors that live through loops: LLVM keeps them in registers."""

    def __init__(self, builder: Builder, kind: ir.Type, count: int) -> None:
        self.builder, self.kind = builder, kind
        self.slots = [cgutils.alloca_once(builder, kind) for _ in range(count)]

    def __getitem__(self, i: int) -> ir.Value:
        return self.builder.load(self.slots[i], typ=self.kind)

    def __setitem__(self, i: int, value: ir.Value) -> None:
        self.builder.store(value, self.slots[i])

    def add_product(self, i: int, a: ir.Value, b: ir.Value) -> None:
        self[i] = fma(self.builder, a, b, self[i])

    def fence(self) -> None:
        """Keeps LLVM from moving work across: left to itself it loads everything first, and then spills it.

        An empty piece of assembly that claims to change the sums. Only x86 has registers of this width.
        """
        if platform.machine() not in ("x86_64", "AMD64"):
            return
        count = len(self.slots)
        result = ir.LiteralStructType([self.kind] * count) if count > 1 else self.kind
        kind = ir.FunctionType(result, [self.kind] * count)
        constraints = ",".join(["=x"] * count + [str(i) for i in range(count)])
        values = self.builder.asm(kind, "", constraints, [self[i] for i in range(count)], side_effect=True)
        for i in range(count):
            self[i] = self.builder.extract_value(values, i) if count > 1 else values


class _Walk:
    """What both intrinsics do around their taps: lines, groups of outputs, first values, stores."""

    def __init__(self, context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> None:
        self.builder = builder
        self.work = Stream(context, builder, sig.args[0], args[0])
        tables = [context.make_array(sig.args[i])(context, builder, args[i]) for i in (1, 2)]
        self.line_entry, self.offset = (functools.partial(entry, context, builder, table) for table in tables)
        (self.first, self.end, self.frame, self.out, self.start, self.fresh, self.weights, self.unit,
         self.groups) = args[3:12]  # fmt: skip

    def over(
        self, units: Sequence[int], steps: tuple[ir.Value, ir.Value], add: Callable[[Sums, ir.Value, ir.Value], None]
    ) -> None:
        """Calls add(sums, position of the group's first pixel, tap row) for every group of every line."""
        builder = self.builder
        end = builder.append_basic_block("lines_done")
        choice = builder.switch(self.unit, end)
        for unit in units:
            block = builder.append_basic_block(f"unit_{unit}")
            choice.add_case(index(unit), block)
            builder.position_at_end(block)
            with cgutils.for_range(builder, builder.sub(self.end, self.first)) as loop:
                self._line(builder.add(self.first, loop.index), unit, steps, add)
            builder.branch(end)
        builder.position_at_end(end)

    def _line(self, number: ir.Value, unit: int, steps: Sequence[ir.Value], add: Callable[..., None]) -> None:
        builder, (in_step, out_step) = self.builder, steps
        begin = builder.mul(number, index(4))
        pixels, low, high, outputs = (self.line_entry(builder.add(begin, index(k))) for k in range(4))
        pixels, outputs = builder.add(self.frame, pixels), builder.add(self.out, outputs)
        with cgutils.for_range(builder, self.groups) as group:
            done = builder.mul(group.index, index(unit))
            pixel, output = (
                builder.add(at, builder.mul(done, step))
                for at, step in zip((pixels, outputs), (in_step, out_step), strict=True)
            )
            places = [builder.add(output, builder.mul(index(o), out_step)) for o in range(unit)]
            sums = Sums(builder, self.work.vector, unit)
            fresh = builder.icmp_signed("!=", self.fresh, index(0))
            for o, place in enumerate(places):
                sums[o] = self.work.load(builder.select(fresh, self.start, place))
            with cgutils.for_range(builder, builder.sub(high, low)) as taps:
                add(sums, pixel, builder.add(low, taps.index))
            for o, place in enumerate(places):
                self.work.store(sums[o], place)


@intrinsic(prefer_literal=True)
def unrolled_rows(typingctx, work, lines, offsets, first, end, frame, out, start, fresh, weights, unit, groups,
                  in_step, out_step, kw, down, up):  # fmt: skip
    """Writes lines first .. end of a block of outputs, with a kernel kw wide.

    Output o of a line is at out + its outputs + o lanes, and begins as the vector at `start` if `fresh`, else as what
    is there. Tap row t has its pixels `offsets[t]` behind the line's, its weights at weights + t kw lanes. Tap j of
    output o reads the pixel o down + j; with up = 2, the pixel (o - j) / 2 + (kw - 1) / 2 if that is whole.
    """
    shape = literals((kw, down, up))
    if shape is None:
        return None
    signature = types.void(work, lines, offsets, *[types.intp] * 11, kw, down, up)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        kw, down, up = shape
        walk = _Walk(context, builder, sig, args)
        work, lanes = walk.work, walk.work.lanes

        def add(sums: Sums, pixel: ir.Value, row: ir.Value) -> None:
            begin = builder.add(pixel, walk.offset(row))
            at = builder.add(walk.weights, builder.mul(row, index(kw * lanes)))
            weights = [work.load(builder.add(at, index(j * lanes))) for j in range(kw)]
            for place, users in _users(len(sums.slots), kw, down, up).items():
                vector = work.load(builder.add(begin, index(place * lanes)))
                for o, j in users:
                    sums.add_product(o, weights[j], vector)
                if down == 1:  # every pixel is used again and again
                    sums.fence()

        walk.over(UNITS[up - 1 :: up], (index(down * lanes // up), index(lanes)), add)
        return context.get_dummy_value()

    return signature, generate


def _users(unit: int, kw: int, down: int, up: int) -> dict[int, list[tuple[int, int]]]:
    """Pixel -> outputs and taps that read it, pixels in ascending order.

    >>> _users(2, 3, 1, 1)
    {0: [(0, 0)], 1: [(0, 1), (1, 0)], 2: [(0, 2), (1, 1)], 3: [(1, 2)]}
    """
    users: dict[int, list[tuple[int, int]]] = {}
    for o in range(unit):
        for j in range(kw):
            if up == 1:
                users.setdefault(o * down + j, []).append((o, j))
            elif (o - j) % up == 0:
                users.setdefault((o - j) // up + (kw - 1) // up, []).append((o, j))
    return {pixel: users[pixel] for pixel in sorted(users)}


@intrinsic
def listed_rows(typingctx, work, lines, offsets, first, end, frame, out, start, fresh, weights, unit, groups,
                in_step, out_step):  # fmt: skip
    """As `unrolled_rows`, with any taps: tap t reads the pixel o in_step + offsets[t], its weights are at
    weights + t lanes, and output o is at out + its outputs + o out_step.
    """
    signature = types.void(work, lines, offsets, *[types.intp] * 11)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        walk = _Walk(context, builder, sig, args)
        work, in_step = walk.work, args[12]

        def add(sums: Sums, pixel: ir.Value, tap: ir.Value) -> None:
            begin = builder.add(pixel, walk.offset(tap))
            weight = work.load(builder.add(walk.weights, builder.mul(tap, index(work.lanes))))
            for o in range(len(sums.slots)):
                sums.add_product(o, weight, work.load(builder.add(begin, builder.mul(index(o), in_step))))

        walk.over(UNITS, (in_step, args[13]), add)
        return context.get_dummy_value()

    return signature, generate


def literals(kinds: Sequence[Any]) -> list[int] | None:
    """The values of literal arguments; None while Numba still asks with plain integers."""
    if not all(isinstance(kind, types.IntegerLiteral) for kind in kinds):
        return None
    return [kind.literal_value for kind in kinds]
