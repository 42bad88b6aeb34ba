"""The report of `smoothness_cpu.py`: the highest steps of every sweep, and what became of the aim."""

from __future__ import annotations

from typing import Any

from tables import heading, markdown_table, plain_table, said

HEADER = ("sweep", "operation", "kernel", "stride", "highest", "between", "the next highest")
#: No step between neighbours may be higher.
LIMIT = 1.5
NEXT = 4


def report(result: dict[str, Any], markdown: bool = False) -> str:
    """Everything as text."""
    make = markdown_table if markdown else plain_table
    groups: dict[tuple, list[dict]] = {}
    for step in sorted(result["cliffs"], key=lambda step: -step["cliff"]):
        groups.setdefault((step["sweep"], step["operation"], step["kernel"], step["stride"]), []).append(step)
    high = [step for step in result["cliffs"] if step["cliff"] > LIMIT]
    lines = ["# The cost of depthwise convolution over sizes, on the CPU", "", *heading(result)]
    lines += [
        f"- {result['threads']} thread(s); cores that other programs used meanwhile: {result['neighbours']}",
        "- highest: how many times as long one of two neighbours takes as follows from the other's time and the work",
        "",
        *make(HEADER, [cells(key, steps) for key, steps in sorted(groups.items())]),
        "",
        f"- no step higher than {LIMIT}: {said(not high)} ({len(high)} of {len(result['cliffs'])} are higher)",
    ]
    return "\n".join(lines)


def cells(key: tuple, steps: list[dict[str, Any]]) -> list[str]:
    """One line of the table."""
    first, *rest = steps
    return [*map(str, key), f"{first['cliff']:.2f}", place(first), "; ".join(map(named, rest[:NEXT]))]


def named(step: dict[str, Any]) -> str:
    return f"{step['cliff']:.2f} at {place(step)}"


def place(step: dict[str, Any]) -> str:
    """`H 32 < 33`: from 32 to 33 the cost rises more than the work; `>`: it falls."""
    return f"{step['sweep']} {step['at']} {'<' if step['rises'] else '>'} {step['at'] + 1}"
