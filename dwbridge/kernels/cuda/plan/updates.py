"""Steps of many parameters as few launches: tables of their arrays, which kernels get by value.

A kernel's arguments may have 4 KB, and nothing has to be copied to the device before a launch. A table has the
addresses of x, of g and of the states of each parameter, the numbers of its elements, and the blocks up to its last.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.kernels.cuda.plan.elements import BLOCK, pack_of
from dwbridge.kernels.cuda.plan.launches import ITEMSIZES, Launch
from dwbridge.kernels.cuda.sources import Instance

#: Bytes that a kernel's arguments may have on every GPU; those behind a table: eight numbers, and one.
ARGUMENTS, BEHIND = 4096, 8 * 8 + 8
#: Packs of a parameter that a thread takes.
PACKS = 4


def tensors(states: int) -> int:
    """Parameters of a table, if each has so many states.

    >>> [tensors(states) for states in range(4)]
    [142, 110, 90, 76]
    """
    each = 8 * (2 + states) + 8 + 4
    return (ARGUMENTS - BEHIND) // each // 2 * 2  # even: the table ends where its addresses could go on


@functools.cache
def table_type(states: int) -> np.dtype:
    """`Tensors` in optimizer_updates.cuh."""
    count = tensors(states)
    parts = ("arrays", np.uint64, (2 + states, count)), ("sizes", np.int64, (count,)), ("ends", np.int32, (count,))
    return np.dtype(list(parts))


def chunk(dtype: str) -> int:
    """Elements that a block takes."""
    return BLOCK * PACKS * pack_of(ITEMSIZES[dtype])


@functools.cache
def instance(rule: str, states: int, dtype: str) -> Instance:
    """The kernel of a rule."""
    sizes = {"V": pack_of(ITEMSIZES[dtype]), "TENSORS": tensors(states), "CHUNK": chunk(dtype)}
    return Instance.of("optimizer_updates", dtype, RULE=rule, STATES=states, **sizes)


def launch(
    chosen: Instance, elements: int, addresses: Sequence[Sequence[int]], sizes: Sequence[int], numbers: Any
) -> Launch:
    """The launch over some parameters, with its table.

    Args:
        chosen: the kernel.
        elements: those that a block takes.
        addresses: of x, g and the states of each.
        sizes: elements of each; no more than one table has room for.
        numbers: what the rule takes.
    """
    count, states = len(sizes), len(addresses[0]) - 2
    table: Any = np.zeros((), table_type(states))
    ends = np.cumsum([-(-size // elements) for size in sizes])
    table["arrays"][:, :count] = np.array(addresses, np.uint64).T
    table["sizes"][:count], table["ends"][:count] = sizes, ends
    return Launch(chosen, "optimizer_update", (int(ends[-1]), 1, 1), BLOCK, (table[()], numbers, np.int32(count)))
