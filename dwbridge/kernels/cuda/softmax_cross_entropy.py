"""Softmax cross entropy on a GPU. `dwbridge.kernels.reference.softmax_cross_entropy` documents the routines.

Where there is one label for each row of scores, a few threads, a warp or a block own a row; where there are many,
(N, K, d1, ...), threads own columns. x is read once in `forward`, and twice in `backward`, the second time from a cache
as long as that holds what is under way. Sums are kept in the computing type, in an order that follows from the shape.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from dwbridge.backend import Array
from dwbridge.kernels.cuda.arrays import Kind, empty, in_order, kind_of
from dwbridge.kernels.cuda.launch import is_aligned, run
from dwbridge.kernels.cuda.plan.elements import pack_of
from dwbridge.kernels.cuda.plan.launches import ENOUGH, ITEMSIZES, KEPT, WARP, Launch
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference.softmax_cross_entropy import check_labels

#: Packs of a row, at most, and the lanes that own it: eight for a lane, until there is a block for the row.
LANES = ((32, 4), (256, 32), (math.inf, 256))
#: Threads of a block, where a row does not take more.
THREADS = 128
#: What the classes of columns are sliced into, where there are few columns; threads of a block; classes worth a slice.
SLICES, COLUMN_THREADS, SLICE = (1, 8, 32), 256, 8
#: Rows, columns and classes are counted in 32 bits, with room for a few steps beyond.
MOST = 2**31 - 2**16


class Plan(NamedTuple):
    """The launches of either direction, and whether x has to begin at a multiple of a pack."""

    forward: Launch
    backward: Launch
    packed: bool


def forward(x: Array, t: Array, weights: Array) -> Array:
    planned = _plan_for(x, t, weights)
    check_labels(x, t)
    losses = empty(t.shape, weights.dtype)
    if losses.size:
        run(planned.forward, losses, _scores(x, planned), in_order(t), in_order(weights))
    return losses


def backward(x: Array, t: Array, share: Array) -> Array:
    planned = _plan_for(x, t, share)
    gx = empty(x.shape, x.dtype)
    if gx.size:
        run(planned.backward, gx, _scores(x, planned), in_order(t), in_order(share))
    return gx


def _scores(x: Array, planned: Plan) -> Array:
    """x in row order, and where its packs are."""
    x = in_order(x)
    return x.copy() if planned.packed and not is_aligned(x) else x


def _plan_for(x: Array, t: Array, wide: Array) -> Plan:
    kind = kind_of(x)
    if wide.dtype != kind.wide:
        raise DeclinedError(f"expected {kind.wide} beside scores of {kind.name}, got {wide.dtype}")
    return plan(x.shape, kind, t.dtype)


@functools.lru_cache(KEPT)
def plan(shape: tuple[int, ...], kind: Kind, label: np.dtype) -> Plan:
    """How scores of a shape are taken.

    Raises:
        DeclinedError: if labels are neither int32 nor int64, if there are no classes, or more than 32 bits count.
    """
    images, classes, inner = shape[0], shape[1], math.prod(shape[2:])
    if label.name not in ("int32", "int64"):
        raise DeclinedError(f"expected labels of int32 or int64, got {label.name}")
    if not 0 < classes < MOST or images * inner >= MOST:
        raise DeclinedError(f"scores of shape {shape} have no classes, or more classes or labels than 32 bits count")
    if inner == 1:
        return _of_rows(images, classes, kind, label.itemsize)
    return _of_columns(images, classes, inner, kind, label.itemsize)


def _of_rows(rows: int, classes: int, kind: Kind, label_bytes: int) -> Plan:
    pack = pack_of(kind.size)
    pack = pack if classes % pack == 0 else 1
    lanes = next(lanes for most, lanes in LANES if classes // pack <= most)
    chosen = rows_instance(kind.name, pack, lanes)
    threads = max(THREADS, lanes)
    numbers = np.int32(rows), np.int32(classes), np.int32(label_bytes)
    return _plan_of(chosen, "softmax_row", -(-rows * lanes // threads), threads, numbers, pack > 1)


def _of_columns(images: int, classes: int, inner: int, kind: Kind, label_bytes: int) -> Plan:
    columns, pack, enough = images * inner, pack_of(kind.size), ENOUGH * WARP
    pack = pack if inner % pack == 0 and columns >= enough * pack else 1
    worth = min(enough // max(1, columns), classes // SLICE)
    slices = max(slices for slices in SLICES if slices <= max(1, worth))
    chosen = columns_instance(kind.name, pack, slices)
    numbers = np.int32(columns), np.int32(classes), np.int32(inner), np.int32(label_bytes)
    blocks = -(-columns * slices // (pack * COLUMN_THREADS))
    return _plan_of(chosen, "softmax_column", blocks, COLUMN_THREADS, numbers, pack > 1)


def _plan_of(
    instance: Instance, kernel: str, blocks: int, threads: int, numbers: tuple[Any, ...], packed: bool
) -> Plan:
    losses, gradients = (
        Launch(instance, f"{kernel}_{what}", (blocks, 1, 1), threads, numbers) for what in ("losses", "gradients")
    )
    return Plan(losses, gradients, packed)


def rows_instance(dtype: str, pack: int, lanes: int) -> Instance:
    return Instance.of("softmax_rows", dtype, V=pack, LANES=lanes, THREADS=max(THREADS, lanes))


def columns_instance(dtype: str, pack: int, slices: int) -> Instance:
    return Instance.of("softmax_columns", dtype, V=pack, SLICES=slices, THREADS=COLUMN_THREADS)


def instances() -> Iterator[Instance]:
    """All that there are."""
    for dtype, itemsize in ITEMSIZES.items():
        for pack in (1, pack_of(itemsize)):
            yield from (rows_instance(dtype, pack, lanes) for _, lanes in LANES)
        yield from (columns_instance(dtype, 1, slices) for slices in SLICES)
        yield columns_instance(dtype, pack_of(itemsize), 1)
