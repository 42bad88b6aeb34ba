"""The header of a `.npy` member: a magic string, a version, and a dictionary literal with shape, order and type.

Parsed here and not by NumPy, whose reader tokenizes what it cannot evaluate (headers of Python 2) and raises whatever
the tokenizer raises. Format: numpy.lib.format, versions 1 to 3.
"""

import ast
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

LONGEST_HEADER = 10_000  # bytes; what NumPy's own reader accepts

_START = re.compile(rb"\x93NUMPY(?:\x01\x00(..)|[\x02\x03]\x00(....))", re.DOTALL)
_TYPE = re.compile(r"[<>|=]?[?bBiufcmMOSUV]\d*(\[\w+\])?")
_PYTHON_2_LONG = re.compile(r"(?<=\d)L\b")


@dataclass(frozen=True)
class Header:
    """What a member says about its array."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype
    offset: int  # of the array's bytes in the member

    @property
    def nbytes(self) -> int:
        """Size of the array in bytes, exactly, however large it claims to be."""
        return math.prod(self.shape) * self.dtype.itemsize


def parse_header(start: bytes) -> Header:
    """The header that a member's first bytes hold.

    Raises:
        ValueError: if they hold none, or one of a type that no array of numbers or strings has.
    """
    match = _START.match(start)
    if match is None:
        raise ValueError("it does not start like an .npy file of version 1 to 3")
    end = match.end() + int.from_bytes(match[1] or match[2], "little")
    if end > min(len(start), LONGEST_HEADER):
        raise ValueError("it is cut off or too long")
    fields = _evaluated(start[match.end() : end].decode("utf-8", "replace"))
    return Header(_shape(fields["shape"]), fields["fortran_order"] is True, _dtype(fields["descr"]), end)


def _evaluated(text: str) -> dict[str, Any]:
    try:
        fields = ast.literal_eval(_PYTHON_2_LONG.sub("", text).strip())
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError("it is no dictionary literal") from error
    if not isinstance(fields, dict) or set(fields) != {"descr", "fortran_order", "shape"}:
        raise ValueError("it does not hold descr, fortran_order and shape")
    return fields


def _shape(shape: Any) -> tuple[int, ...]:
    if not (isinstance(shape, tuple) and all(type(size) is int and size >= 0 for size in shape)):
        raise ValueError(f"{shape!r} is no shape")
    return shape


def _dtype(descr: Any) -> np.dtype:
    if not (isinstance(descr, str) and _TYPE.fullmatch(descr)):
        raise ValueError(f"{descr!r} is no type of numbers, strings or objects")
    try:
        dtype = np.dtype(descr)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{descr!r} is no type") from error
    if dtype.itemsize == 0:
        # NumPy makes such elements one character wide: the array would be larger than what the file promises.
        raise ValueError(f"{descr!r} has no size")
    return dtype
