"""Layer normalization on a GPU. `dwbridge.kernels.reference.layer_normalization` documents the routines.

Where the axis is the last one, x is rows, each of a warp or of a block; else it is columns, whose neighbours lie beside
them. The gradients of gamma and beta are sums over slices, in two stages of a fixed order. 16-bit types are computed in
float32, gamma and beta may be of any type that does not raise the type of arithmetic. Arrays that are not in row order
are copied.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dwbridge.backend import Array
from dwbridge.kernels.cuda.arrays import empty, in_order, kind, kind_of, of_dtype
from dwbridge.kernels.cuda.launch import is_aligned, run
from dwbridge.kernels.cuda.plan.channels import Channels, Sums, counted, sums
from dwbridge.kernels.cuda.plan.elements import BLOCK
from dwbridge.kernels.cuda.plan.launches import ITEMSIZES, KEPT, PACK, WARP, Launch
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.cuda.weights import are_wide, taken
from dwbridge.kernels.errors import DeclinedError

#: Packs of a row from which on it is a block's, not a warp's.
LONG = 256
#: Warps that share columns; where there are few columns and long ones, many share them.
GROUPS, MANY_GROUPS, FEW_BLOCKS, LONG_COLUMN = 8, 32, 512, 128


class Plan(NamedTuple):
    """All that is launched for arrays of a layout."""

    normalize: Launch
    gradient: Launch
    weights: Sums


def _rows(dtype: str, pack: int, wide: bool, team: int) -> Instance:
    return Instance.of("layer_rows", dtype, THREADS=BLOCK, V=pack, WIDE_WEIGHTS=int(wide), TEAM=team)


def _columns(dtype: str, wide: bool, groups: int) -> Instance:
    return Instance.of("layer_columns", dtype, WIDE_WEIGHTS=int(wide), GROUPS=groups)


def _weights(dtype: str, pack: int, wide: bool) -> Instance:
    return Instance.of("channel_gradients", dtype, THREADS=BLOCK, V=pack, WIDE_WEIGHTS=int(wide), OF_CHANNELS=0)


def instances() -> Iterator[Instance]:
    """All that there are."""
    for dtype, size in ITEMSIZES.items():
        for wide in {True, size > 2}:
            yield from (_columns(dtype, wide, groups) for groups in (GROUPS, MANY_GROUPS))
            for pack in (pack for pack in (1, 2, 4, 8) if pack * size <= PACK):
                yield from (_rows(dtype, pack, wide, team) for team in (WARP, BLOCK))
                yield _weights(dtype, pack, wide)


@functools.lru_cache(KEPT)
def plan(shape: tuple[int, ...], axis: int, dtype: str, wide: bool, aligned: bool) -> Plan:
    """The launches; `aligned` if every array begins at a multiple of 16 bytes.

    Raises:
        DeclinedError: if there are no elements, or more than are counted.
    """
    layout = counted(math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]))
    pack = layout.pack(dtype, aligned)
    weights = sums(_weights(dtype, pack, wide), "gradients", 2, layout, pack)
    return Plan(*(_of_rows if layout.inner == 1 else _of_columns)(layout, dtype, wide, aligned), weights)


def _of_rows(layout: Channels, dtype: str, wide: bool, aligned: bool) -> tuple[Launch, Launch]:
    rows, n, _ = layout
    pack = math.gcd(n, PACK // ITEMSIZES[dtype]) if aligned else 1
    team = WARP if n // pack < LONG else BLOCK
    grid, numbers = (-(-rows * team // BLOCK), 1, 1), (np.int32(rows), np.int32(n // pack))
    instance = _rows(dtype, pack, wide, team)
    normalize = Launch(instance, "layer_normalize_rows", grid, BLOCK, numbers)
    return normalize, normalize._replace(kernel="layer_gradient_rows")


def _of_columns(layout: Channels, dtype: str, wide: bool, aligned: bool) -> tuple[Launch, Launch]:
    outer, n, inner = layout
    blocks = -(-outer * inner // WARP)
    groups = MANY_GROUPS if blocks < FEW_BLOCKS and n >= LONG_COLUMN else GROUPS
    instance, numbers = _columns(dtype, wide, groups), tuple(map(np.int32, (outer * inner, n, inner)))
    normalize = Launch(instance, "layer_normalize_columns", (blocks, 1, 1), WARP * groups, numbers)
    return normalize, normalize._replace(kernel="layer_gradient_columns")


def forward(x: Array, gamma: Array, beta: Array, axis: int, eps: float) -> tuple[Array, Array, Array]:
    of_x = kind(x.dtype)
    wide = are_wide(of_x, gamma.dtype, beta.dtype)
    x, (gamma, beta) = in_order(x), taken(of_x, wide, gamma, beta)
    planned = plan(x.shape, axis, of_x.name, wide, is_aligned(x))
    left = x.shape[:axis] + x.shape[axis + 1 :]
    y, mean, inv_std = empty(x.shape, x.dtype), empty(left, of_x.wide), empty(left, of_x.wide)
    run(planned.normalize, y, mean, inv_std, x, gamma, beta, of_x.wide.type(eps))
    return y, mean, inv_std


def backward(x: Array, gamma: Array, gy: Array, axis: int, mean: Array, inv_std: Array) -> tuple[Array, Array, Array]:
    of_x = kind_of(x, gy)
    wide, given = are_wide(of_x, gamma.dtype), gamma.dtype
    if (mean.dtype, inv_std.dtype) != (of_x.wide, of_x.wide):
        raise DeclinedError(f"expected statistics of {of_x.wide}, got {[mean.dtype.name, inv_std.dtype.name]}")
    x, gy, mean, inv_std = in_order(x), in_order(gy), in_order(mean), in_order(inv_std)
    (gamma,) = taken(of_x, wide, gamma)
    planned = plan(x.shape, axis, of_x.name, wide, is_aligned(x, gy))
    gx, partial = empty(x.shape, x.dtype), empty(planned.weights.shape, of_x.wide)
    ggamma, gbeta = empty(gamma.shape, gamma.dtype), empty(gamma.shape, gamma.dtype)
    run(planned.gradient, gx, x, gy, gamma, mean, inv_std)
    run(planned.weights.partial, partial, x, gy, mean, inv_std)
    run(planned.weights.total, ggamma, gbeta, None, partial, of_x.wide.type(1))
    return gx, of_dtype(ggamma, given), of_dtype(gbeta, given)
