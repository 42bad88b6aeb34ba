"""What went wrong in a run: who failed where, whose output or loss is another, and what there was no time for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]


def label(row: Row) -> str:
    return f"{row['operation']} {row['dtype']} {row['shape']} batch {row['batch']}"


def parts(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, what was measured there) of everything in which somebody can fail or be wrong."""
    yield "training step", result["step"]
    yield "host time", result["host"]
    for row in result["rows"]:
        yield label(row), row


def wrong(result: dict[str, Any]) -> str:
    """Where somebody computed something else."""
    found = [f"{where}: {', '.join(part['wrong'])}" for where, part in parts(result) if part["wrong"]]
    return "; ".join(found) or "nothing"


def failures(result: dict[str, Any]) -> list[str]:
    """A line for each error of each, with the places."""
    places: dict[tuple[str, str], list[str]] = {}
    for where, part in parts(result):
        for who, error in part["failed"].items():
            places.setdefault((who, error), []).append(where)
    return [f"FAILED: {who}: {error} ({_named(where)})" for (who, error), where in places.items()]


def _named(places: list[str], most: int = 3) -> str:
    rest = len(places) - most
    return "; ".join(places[:most]) + (f"; and {rest} more" if rest > 0 else "")


def is_sound(result: dict[str, Any]) -> bool:
    """Whether nobody computed something else, and dwbridge failed nowhere."""
    return not any(part["wrong"] or "dwbridge" in part["failed"] for _, part in parts(result))
