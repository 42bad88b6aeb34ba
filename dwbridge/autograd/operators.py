"""The operators that variables need from the room above.

`Variable`'s arithmetic and the accumulation of gradients are made of functions, and functions are made of variables.
The knot is cut here: this table declares what autograd needs, and `dwbridge.functions` fills it once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass
class Operators:
    """Differentiable operators on variables, arrays and scalars."""

    add: Callable[..., Any]
    sub: Callable[..., Any]
    mul: Callable[..., Any]
    div: Callable[..., Any]
    neg: Callable[..., Any]
    power: Callable[..., Any]
    reshape: Callable[..., Any]
    absolute: Callable[..., Any]
    average: Callable[..., Any]
    floor: Callable[..., Any]
    get_item: Callable[..., Any]
    matmul: Callable[..., Any]
    sum: Callable[..., Any]
    transpose: Callable[..., Any]


_table: Operators | None = None


def declare(table: Operators) -> None:
    """Fills the table; called by `dwbridge.functions` when it is imported."""
    global _table
    _table = table


def operators() -> Operators:
    """The table.

    Raises:
        RuntimeError: if `dwbridge.functions` was never imported.
    """
    if _table is None:
        raise RuntimeError("arithmetic on variables needs dwbridge.functions to be imported")
    return _table
