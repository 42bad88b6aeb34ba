"""`chainer.backends.intel64`: iDeep is gone, so nothing is one of its arrays."""

from typing import Any


class mdarray:
    """In the place of iDeep's array type: no array is an instance."""


def is_ideep_available() -> bool:
    """Whether iDeep is there: it is not."""
    return False


def check_ideep_available() -> None:
    """Raises RuntimeError."""
    raise RuntimeError("iDeep is not available: arrays of the CPU are NumPy's")


def should_use_ideep(level: str) -> bool:
    """Whether to use iDeep: never.

    Raises:
        ValueError: if the level is neither '==always' nor '>=auto'.
    """
    if level not in ("==always", ">=auto"):
        raise ValueError(f"invalid iDeep use level: {level!r} (must be either of '==always' or '>=auto')")
    return False


def inputs_all_ready(inputs: Any, supported_ndim: Any = (2, 4)) -> bool:
    """Whether iDeep could compute on these arrays: never."""
    return False
