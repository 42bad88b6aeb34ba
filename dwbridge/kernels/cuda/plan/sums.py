"""Launches of sum_rows.cuh and sum_columns.cuh: a sum of many terms in slices, and then the sum of these."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from dwbridge.kernels.cuda.plan.launches import ENOUGH, ITEMSIZES, PACK, WARP, Launch
from dwbridge.kernels.cuda.plan.levels import Levels
from dwbridge.kernels.cuda.sources import Instance

#: Threads of a block, and packs that are worth a thread when that makes another launch.
THREADS, WORTHWHILE = 256, 32
#: Packs of a row that are worth a lane, and of a column that are worth a strand.
OF_LANE, OF_STRAND = 2, 4
#: Warps that are wanted, which do little but wait for memory; and the most slices of a sum, which one warp adds.
BUSY, MOST_SLICES = 4 * ENOUGH, ENOUGH


class Stage(NamedTuple):
    """A launch, and what it leaves to be summed."""

    launch: Launch
    left: Levels


def pack_for(levels: Levels, dtype: str, aligned: bool) -> int:
    """Elements of a pack that never reaches over the end of a row."""
    pack = PACK // ITEMSIZES[dtype]
    across = levels.inner if levels.adjacent == 1 else levels.adjacent
    return pack if aligned and across % pack == 0 else 1


@functools.lru_cache(4096)
def stages(levels: Levels, dtype: str, aligned: bool, most: int = MOST_SLICES) -> tuple[Stage, ...]:
    """How sums are computed, with at most that many slices. The second stage sums those, of the arithmetic's type."""
    plan = _columns if levels.adjacent == 1 else _rows
    first = plan(levels, dtype, pack_for(levels, dtype, aligned), most)
    if first.left.terms == 1:
        return (first,)
    return first, *stages(first.left, "float64" if dtype == "float64" else "float32", True, 1)


def _rows(levels: Levels, dtype: str, pack: int, most: int) -> Stage:
    packs = levels.terms // pack
    team = min(WARP, _power_of_two(-(-packs // OF_LANE)))
    slices, length = _sliced(packs, min(most, BUSY * WARP // team // levels.sums), team)
    grid = -(-levels.sums * slices * team // THREADS), 1, 1
    numbers = levels.argument(), np.uint32(slices), np.uint32(length), np.uint32(team)
    launch = Launch(Instance.of("sum_rows", dtype, V=pack), "sum_rows", grid, THREADS, numbers)
    return Stage(launch, Levels(1, 1, levels.sums, slices))


def _columns(levels: Levels, dtype: str, pack: int, most: int) -> Stage:
    columns = levels.sums // pack
    strands = THREADS // min(WARP, _power_of_two(columns))
    strands = min(strands, _power_of_two(-(-levels.strided // OF_STRAND)))
    width = THREADS // strands
    blocks = -(-columns // width)
    slices, length = _sliced(levels.strided, min(most, BUSY * WARP // THREADS // blocks), strands)
    numbers = levels.argument(), np.uint32(length), np.uint32(width)
    instance = Instance.of("sum_columns", dtype, V=pack, THREADS=THREADS)
    launch = Launch(instance, "sum_columns", (blocks, slices, 1), THREADS, numbers)
    return Stage(launch, Levels(levels.outer, slices, levels.inner, 1))


def _sliced(terms: int, wanted: int, side_by_side: int) -> tuple[int, int]:
    """How many slices, as many as are wanted and worthwhile, and their length."""
    slices = max(1, min(wanted, terms // (side_by_side * WORTHWHILE)))
    length = -(-terms // slices)
    length += -length % side_by_side
    return -(-terms // length), length


def _power_of_two(count: int) -> int:
    """The least that is not less.

    >>> [_power_of_two(count) for count in (1, 2, 3, 64, 65)]
    [1, 2, 4, 64, 128]
    """
    return 1 << (count - 1).bit_length()
