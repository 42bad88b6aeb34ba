"""What function hooks print: numbers in a unit that suits them, and tables aligned to the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, NamedTuple


class Unit(NamedTuple):
    """A unit's name, and how many of it make one."""

    name: str
    per_one: float


def scaled(value: float, unit: str, largest: float, units: Sequence[Unit]) -> str:
    """A number in a unit.

    Args:
        value: the number.
        unit: the unit's name; `auto`: what suits `largest`; `auto_foreach`: what suits the number.
        largest: the largest number of the table.
        units: from the largest; the first in which a number is 1 or more suits it, the last otherwise.

    Raises:
        ValueError: if there is no such unit.

    >>> scaled(0.5, 'auto', 0.5, [Unit('sec', 1.0), Unit('ms', 1000.0)])
    '500.00ms'
    """
    if unit in ("auto", "auto_foreach"):
        measure = largest if unit == "auto" else value
        chosen = next((u for u in units if measure * u.per_one >= 1), units[-1])
    else:
        found = [u for u in units if u.name == unit]
        if not found:
            names = ", ".join(u.name for u in units)
            raise ValueError(f"unit must be auto, auto_foreach or one of {names}, got {unit!r}")
        chosen = found[0]
    return f"{value * chosen.per_one:3.2f}{chosen.name}"


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], file: IO[str]) -> None:
    """Writes rows below a header, columns aligned to the right, and flushes."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        file.write("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) + "\n")
    if hasattr(file, "flush"):
        file.flush()
