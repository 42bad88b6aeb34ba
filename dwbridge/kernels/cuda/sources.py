"""Instances of the CUDA sources: a file in `cuh/` and its defines, as one text that any compiler takes."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).with_name("cuh")

#: dtype -> what a source has to define for arrays of it. bfloat16 is known by its name: NumPy has no such dtype.
TYPES: dict[str, tuple[tuple[str, str], ...]] = {
    "float32": (("STORED", "float"), ("WIDE", "float")),
    "float64": (("STORED", "double"), ("WIDE", "double")),
    "float16": (("STORED_IS_HALF", "1"), ("WIDE", "float")),
    "bfloat16": (("STORED_IS_BFLOAT", "1"), ("WIDE", "float")),
}

_INCLUDE = re.compile(r'^#include "(\w+\.cuh)"\n', re.MULTILINE)


class Instance(NamedTuple):
    """A source with its defines: all that its compiled code depends on, besides compiler and device."""

    source: str  #: the name of a file in `cuh/`, without its ending
    defines: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, source: str, dtype: str, **constants: int | str) -> Instance:
        """An instance for arrays of a dtype.

        >>> Instance.of('any', 'float16', INDEX='int').defines
        (('STORED_IS_HALF', '1'), ('WIDE', 'float'), ('INDEX', 'int'))
        """
        return cls(source, (*TYPES[dtype], *((name, str(value)) for name, value in constants.items())))

    def text(self) -> str:
        """Its defines and its source, with what that includes in place."""
        return "".join(f"#define {name} {value}\n" for name, value in self.defines) + _whole(self.source)


@functools.cache
def _whole(source: str) -> str:
    return "".join(_parts(f"{source}.cuh", set()))


def _parts(name: str, seen: set[str]) -> Iterator[str]:
    """The text of a file, with those that it includes before it, each once."""
    seen.add(name)
    text = (FOLDER / name).read_text(encoding="utf-8")
    for included in _INCLUDE.findall(text):
        if included not in seen:
            yield from _parts(included, seen)
    yield f'#line 1 "{name}"\n' + _INCLUDE.sub("\n", text).replace("#pragma once\n", "\n")
