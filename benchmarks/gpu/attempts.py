"""Whoever fails is noted, and the others are measured: a run on a GPU is seldom to be had a second time."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from typing import TypeVar

from dwbridge.cli.bench.rounds import rounds

T = TypeVar("T")


def attempts(calls: Mapping[str, Callable[[], T]], failed: dict[str, str]) -> dict[str, T]:
    """name -> what its call gives; those that raise are in `failed` instead, name -> error.

    >>> failed: dict[str, str] = {}
    >>> attempts({'ours': lambda: 1 // 1, 'theirs': lambda: 1 // 0}, failed), failed
    ({'ours': 1}, {'theirs': 'ZeroDivisionError: integer division or modulo by zero'})
    """
    given = {}
    for name, call in calls.items():
        try:
            given[name] = call()
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
    return given


def medians(
    bursts: Mapping[str, Callable[[], float]], count: int, failed: dict[str, str], limit: float = 10.0
) -> dict[str, float]:
    """name -> the median over the rounds of what its bursts give; none for those of which one raised.

    >>> medians({'ours': lambda: 2.0, 'theirs': lambda: 1 / 0}, 3, {})
    {'ours': 2.0}
    """

    def guarded(name: str) -> Callable[[], float]:
        return lambda: attempts({name: bursts[name]}, failed).get(name, math.nan)

    if not bursts:
        return {}
    times = rounds({(name, ""): guarded(name) for name in bursts}, count, limit)
    return {name: statistics.median(taken) for (name, _), taken in times.items() if name not in failed}
