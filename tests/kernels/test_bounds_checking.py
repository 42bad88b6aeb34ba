"""NUMBA_BOUNDSCHECK sees the accesses that kernels write themselves: without it, a checked run would prove nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="Numba is not installed")

SOURCES = Path(__file__).parents[2] / "dwbridge" / "kernels" / "compiled"

#: Of each kind of access, one that just fits and one that reaches an element too far.
PROGRAM = """
import numpy as np
from dwbridge.kernels.compiled.blocks.sums import add_pixels
from dwbridge.kernels.compiled.blocks.transposition import _gather_flat
from dwbridge.kernels.compiled.compiler import kernel
from dwbridge.kernels.compiled.passes.softmax import raise_peaks
from dwbridge.kernels.compiled.products.product_tiles import dots_tile
from dwbridge.kernels.compiled.vectors.elements import read

@kernel
def vector(x, count):
    add_pixels(x, 0, 0, 0, 1, count)

@kernel
def element(x, position):
    read(x, position)

@kernel
def table(work, places, x):
    _gather_flat(work, 0, places, x, 0, 0, 0, 4)

@kernel
def cells(x, peaks):
    raise_peaks(x, 0, 1, 0, 4, peaks)

@kernel
def dots(sums, first, valid, x):
    dots_tile(sums, (first, 4, valid), x, (0, 4), x, (0, 4), 1, 1)

four = np.arange(4)
for name, call in {
    "a vector": lambda more: vector(np.ones(16), 4 + more),
    "an element": lambda more: element(np.ones(4), 3 + more),
    "an element before the first": lambda more: element(np.ones(4), -5 * more),
    "a table": lambda more: table(np.ones(8), four[more:], np.ones(4)),
    "cells": lambda more: cells(np.ones(4), np.ones((1, 8 - more))),
    "dots of four rows": lambda more: dots(np.ones(4), more, 4, np.ones(16)),
    "dots of two rows": lambda more: dots(np.ones(4), 2 + more, 2, np.ones(16)),
    "dots before the first": lambda more: dots(np.ones(4), -more, 2, np.ones(16)),
}.items():
    call(0)
    try:
        call(1)
        print(name, "is not caught")
    except IndexError as error:
        print(name, "is caught")
"""


def test_an_access_beyond_an_array_is_caught(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "NUMBA_CACHE_DIR": "", "NUMBA_BOUNDSCHECK": "1"}
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, tmp_path / "program.py"]
    outcome = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert outcome.returncode == 0, outcome.stderr
    found = outcome.stdout.splitlines()
    assert len(found) == 8
    assert [line for line in found if not line.endswith(" is caught")] == []


def test_no_pointer_is_made_past_the_check() -> None:
    """Each place that makes an address of a position checks it first; what is only prefetched need not exist."""
    unchecked = []
    for path in SOURCES.rglob("*.py"):
        for function in re.split(r"^(?= *def )", path.read_text(), flags=re.MULTILINE):
            if ".gep(" in function and not re.search(r"check_bounds\(|def ask_for", function):
                unchecked.append((path.name, function.split("(")[0].strip()))
    assert unchecked == []
