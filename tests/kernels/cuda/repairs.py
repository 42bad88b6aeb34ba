"""What computes sums that are not finite once more. It also hides what was never written: tests do without it."""

import re

_CONDITION = re.compile(r"if \(zero != 0( && exists)?\)")


def without_repairs(source: str) -> str:
    """A source that computes nothing once more; the source itself if it never does."""
    return _CONDITION.sub("if (false)", source)
