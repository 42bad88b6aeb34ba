"""What the demo claims, one check a claim, and whether it held."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence


@dataclasses.dataclass(frozen=True)
class Check:
    """One claim.

    Attributes:
        claim: what has to hold, in a few words.
        held: whether it did.
        found: what came, with the values.
    """

    claim: str
    held: bool
    found: str


def succeeds(claim: str, attempt: Callable[[], object], found: str) -> Check:
    """A check that holds if a function raises nothing; what it raises is what was found."""
    try:
        attempt()
    except Exception as error:
        return Check(claim, False, f"{type(error).__name__}: {' '.join(str(error).split())}")
    return Check(claim, True, found)


def all_equal(claim: str, pairs: Sequence[tuple[object, object]], unit: str) -> Check:
    """A check that holds if there are pairs and the two of every pair are equal.

    >>> all_equal('same', [(1, 1), (2, 3)], 'numbers')
    Check(claim='same', held=False, found='1 of 2 numbers')
    """
    equal = sum(first == second for first, second in pairs)
    return Check(claim, 0 < equal == len(pairs), f"{equal} of {len(pairs)} {unit}")
