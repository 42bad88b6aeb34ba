"""What the reports of all benchmarks have in common: where and with what was measured, and tables in two dresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def heading(result: dict[str, Any]) -> list[str]:
    """Where, when, with what."""
    machine, versions = result["machine"], result["versions"]
    packages = "; ".join(
        f"{name}: {', '.join(f'{k} {v}' for k, v in found.items())}" for name, found in versions.items()
    )
    return [
        f"- {machine['date']}, {machine['processor']}, {machine['cores']} cores, {' '.join(machine['vectors'])}",
        f"- commit {machine['commit']}: `{machine['command']}`",
        f"- {packages}",
        f"- absent: {', '.join(result['absent']) or 'nobody'}",
    ]


def said(held: bool) -> str:
    return "reached" if held else "MISSED"


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as they have to be; the first to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows)]
    return ["  ".join(_aligned(line, widths)) for line in (header, ["-" * width for width in widths], *rows)]


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    sides: list[Callable[[str, int], str]] = [str.ljust, *[str.rjust] * (len(widths) - 1)]
    return [side(cell, width) for side, cell, width in zip(sides, line, widths)]


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The same for a page."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
