"""Tables: integers that a plan works out once per shape and kernels read, all of them in one array.

A kernel is given one array of them instead of a dozen: each argument of a call costs a fraction of a microsecond.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir

from dwbridge.kernels.compiled.compiler import subroutine
from dwbridge.kernels.compiled.vectors.stream import INDEX, check_bounds, index


def packed(*tables: Sequence[int] | np.ndarray) -> np.ndarray:
    """Tables one behind the other, and before them where each begins, and where the last one ends.

    >>> packed([7], [8, 9])
    array([3, 4, 6, 7, 8, 9])
    """
    flat = [np.array(table, np.int64).reshape(-1) for table in tables]
    begins = list(itertools.accumulate(map(len, flat), initial=len(flat) + 1))
    return np.concatenate([np.array(begins), *flat])


@subroutine
def table(tables, k):
    """Table k of a packed array."""
    return tables[tables[k] : tables[k + 1]]


def entry(context: Any, builder: ir.IRBuilder, table: Any, position: ir.Value) -> ir.Value:
    """An entry of a table, in an intrinsic."""
    check_bounds(context, builder, position, index(1), table.nitems)
    return builder.load(builder.gep(table.data, [position]), typ=INDEX)
