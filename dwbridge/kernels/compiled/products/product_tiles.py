"""Matrix products in registers: the innermost work of convolution and of its gradients.

    product_tile    rows x 2 vectors of  Y = A B + bias, B in a panel: [depth][2 vectors], packed by the caller
    dots_tile       rows x columns of    G += A B^T, both as they lie in memory, along their rows

A tile's sums stay in registers over the whole depth, and each is a chain of fused multiply-adds in the order of the
depth: what a tile holds does not depend on the other tiles, nor on how many threads compute them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dwbridge.kernels.compiled.vectors.rows import ask_for
from dwbridge.kernels.compiled.vectors.stream import Stream, fma, index

Builder: TypeAlias = ir.IRBuilder

#: Vectors side by side in a tile of a product. With 6 rows: 12 sums, 2 loads and a weight fill 15 of 16 registers.
VECTORS = 2
#: Rows of a tile of dots; with 3 columns: 12 sums, 3 loads and a factor fill 16 registers.
FOUR = 4
#: Rows of images that are asked for before they are needed.
LATER = 12


def _literal(kind: Any) -> int | None:
    return kind.literal_value if isinstance(kind, types.IntegerLiteral) else None


def _slots(builder: Builder, kind: ir.Type, count: int) -> list[ir.Value]:
    return [cgutils.alloca_once(builder, kind) for _ in range(count)]


def walk(builder: Builder, count: ir.Value, body: Callable[[ir.Value], None]) -> None:
    """for i in range(count), not unrolled: LLVM would spread the copies' loads over more registers than there are."""
    before = builder.block
    head = builder.append_basic_block("walk")
    after = builder.append_basic_block("walked")
    builder.cbranch(builder.icmp_signed(">", count, index(0)), head, after)
    builder.position_at_end(head)
    i = builder.phi(count.type)
    i.add_incoming(index(0), before)
    body(i)
    following = builder.add(i, index(1))
    i.add_incoming(following, builder.block)
    again = builder.cbranch(builder.icmp_signed("<", following, count), head, after)
    again.set_metadata("llvm.loop", _not_unrolled(builder.module))
    builder.position_at_end(after)


def _not_unrolled(module: ir.Module) -> ir.MDValue:
    loop = ir.MDValue(module, [], name=str(len(module.metadata)))
    loop.operands = (loop, module.add_metadata([ir.MetaDataString(module, "llvm.loop.unroll.disable")]))
    return loop


@intrinsic(prefer_literal=True)
def product_tile(typingctx, out, out_place, a, a_place, panel, panel_place, bias, bias_first, x, x_place, rows, gather):
    """Y[r, q] = bias[bias_first + r] + sum over k of A[r, k] B[k, q], q over 2 vectors. `rows`, a literal, is how many.

    Y[r, q] is out[position + r pitch + q] for (position, pitch, valid) = out_place, written for r < valid;
    A[r, k] is a[first + r row + k step] for (first, row, step) = a_place, and A[valid - 1, k] beyond that row;
    B[k, q] is panel[first + k row + q] for (first, row, depth) = panel_place. With the literal `gather` = 1 the panel
    is not there yet: B[k, q] is x[first + k row + q] for (first, row) = x_place, and is written to the panel.
    """
    count = _literal(rows)
    if count is None:
        return None
    two, three = types.UniTuple(types.intp, 2), types.UniTuple(types.intp, 3)
    signature = types.void(out, three, a, three, panel, three, bias, types.intp, x, two, rows, gather)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        y, w, x, b, images = (Stream(context, builder, sig.args[i], args[i]) for i in (0, 2, 4, 6, 8))
        x_first, x_row = cgutils.unpack_tuple(builder, args[9], 2)
        (position, pitch, valid), (a_first, a_row, a_step), (first, row, depth) = (
            cgutils.unpack_tuple(builder, args[i], 3) for i in (1, 3, 5)
        )
        sums = _slots(builder, x.vector, count * VECTORS)
        y_rows = [builder.add(position, builder.mul(index(r), pitch)) for r in range(count)]
        a_rows = [builder.add(a_first, builder.mul(smaller(builder, r, valid), a_row)) for r in range(count)]
        for r in range(count):
            ask_for(builder, y.data, builder.add(y_rows[r], index(VECTORS * x.lanes - 1)), to_write=True)
            begin = b.element(builder.add(args[7], index(r)))
            for v in range(VECTORS):
                builder.store(begin, sums[r * VECTORS + v])

        def add_products(k: ir.Value) -> None:
            at = builder.add(first, builder.mul(k, row))
            if _literal(sig.args[11]):
                begin = builder.add(x_first, builder.mul(k, x_row))
                for lane in (0, VECTORS * x.lanes - 1):
                    later = builder.add(begin, builder.add(builder.mul(x_row, index(LATER)), index(lane)))
                    ask_for(builder, images.data, later, to_write=False)
                loaded = [images.load(builder.add(begin, index(v * x.lanes))) for v in range(VECTORS)]
                for v, vector in enumerate(loaded):
                    x.store(vector, builder.add(at, index(v * x.lanes)))
            else:
                loaded = [x.load(builder.add(at, index(v * x.lanes))) for v in range(VECTORS)]
            step = builder.mul(k, a_step)
            for r in range(count):
                weight = w.element(builder.add(a_rows[r], step))
                for v in range(VECTORS):
                    slot = sums[r * VECTORS + v]
                    builder.store(fma(builder, weight, loaded[v], builder.load(slot, typ=x.vector)), slot)

        walk(builder, depth, add_products)
        for r in range(count):
            with builder.if_then(builder.icmp_signed("<", index(r), valid)):
                for v in range(VECTORS):
                    value = builder.load(sums[r * VECTORS + v], typ=x.vector)
                    y.store(value, builder.add(y_rows[r], index(v * x.lanes)))
        return context.get_dummy_value()

    return signature, generate


@intrinsic(prefer_literal=True)
def dots_tile(typingctx, sums, place, a, a_place, b, b_place, vectors, columns):
    """S[r, c] += sum over q of A[r, q] B[c, q], for r < valid rows of A and c < `columns`, a literal.

    S[r, c] is sums[first + c pitch + r] for (first, pitch, valid) = place; valid is at most 4.
    A[r, q] is a[first + r row + q] for (first, row) = a_place, B[c, q] likewise; q runs over `vectors` whole vectors.
    """
    wide = _literal(columns)
    if wide is None:
        return None
    two, three = types.UniTuple(types.intp, 2), types.UniTuple(types.intp, 3)
    signature = types.void(sums, three, a, two, b, two, types.intp, columns)

    def generate(context: Any, builder: Builder, sig: Any, args: Sequence[ir.Value]) -> Any:
        total, y, x = (Stream(context, builder, sig.args[i], args[i]) for i in (0, 2, 4))
        place, pitch, valid = cgutils.unpack_tuple(builder, args[1], 3)
        (y_first, y_row), (x_first, x_row) = (cgutils.unpack_tuple(builder, args[i], 2) for i in (3, 5))
        y_rows = [builder.add(y_first, builder.mul(smaller(builder, r, valid), y_row)) for r in range(FOUR)]
        x_rows = [builder.add(x_first, builder.mul(index(c), x_row)) for c in range(wide)]
        slots = _slots(builder, x.vector, FOUR * wide)
        for slot in slots:
            builder.store(ir.Constant(x.vector, None), slot)

        def add_products(k: ir.Value) -> None:
            at = builder.mul(k, index(x.lanes))
            loaded = [x.load(builder.add(row, at)) for row in x_rows]
            for r, row in enumerate(y_rows):
                factor = y.load(builder.add(row, at))
                for c, vector in enumerate(loaded):
                    slot = slots[r * wide + c]
                    builder.store(fma(builder, factor, vector, builder.load(slot, typ=x.vector)), slot)

        walk(builder, args[6], add_products)
        for c in range(wide):
            four = sums_of_four(builder, [builder.load(slots[r * wide + c], typ=x.vector) for r in range(FOUR)])
            _add(builder, total, four, builder.add(place, builder.mul(index(c), pitch)), valid)
        return context.get_dummy_value()

    return signature, generate


def _add(builder: Builder, total: Stream, four: ir.Value, position: ir.Value, valid: ir.Value) -> None:
    """total[position + r] += four[r] for r < valid."""
    with builder.if_else(builder.icmp_signed("==", valid, index(FOUR))) as (all_rows, some):
        with all_rows:
            total.add(four, position)
        with some:
            for r in range(FOUR - 1):
                with builder.if_then(builder.icmp_signed("<", index(r), valid)):
                    lane = builder.extract_element(four, ir.Constant(ir.IntType(32), r))
                    total.add(lane, builder.add(position, index(r)))


def smaller(builder: Builder, number: int, count: ir.Value) -> ir.Value:
    """`number`, or the last below `count`."""
    return builder.select(builder.icmp_signed("<", index(number), count), index(number), builder.sub(count, index(1)))


def sums_of_four(builder: Builder, four: Sequence[ir.Value]) -> ir.Value:
    """The sums of four vectors' lanes, as one vector: neighbours within 16 bytes first, then the halves."""
    lanes = four[0].type.count
    half = lanes // 2
    first, second = (_neighbours(builder, *four[i : i + 2]) for i in (0, 2))
    if lanes == 8:
        both = _neighbours(builder, first, second)
        low, high = (_pick(builder, both, both, range(i, i + half)) for i in (0, half))
    else:
        low, high = (
            _pick(builder, first, second, [*range(i, i + half), *range(lanes + i, lanes + i + half)]) for i in (0, half)
        )
    return builder.fadd(low, high)


def _neighbours(builder: Builder, a: ir.Value, b: ir.Value) -> ir.Value:
    """Sums of neighbouring lanes, a's and b's in turn, 16 bytes at a time, which is what processors do at once."""
    lanes = a.type.count
    chunk = lanes // 2
    places = [
        side * lanes + start + k for start in range(0, lanes, chunk) for side in (0, 1) for k in range(0, chunk, 2)
    ]
    return builder.fadd(_pick(builder, a, b, places), _pick(builder, a, b, [place + 1 for place in places]))


def _pick(builder: Builder, a: ir.Value, b: ir.Value, lanes: Sequence[int]) -> ir.Value:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), list(lanes)))
