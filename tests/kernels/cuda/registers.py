"""What kernels need on a chip, as a table that is checked in: a line for a kernel of an instance, with its registers.

python tests/kernels/cuda/registers.py      writes registers.txt anew
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))  # the tests' own modules, where pytest has not found them

from instances import every, has_instructions
from nvrtc import Needs, chips_under_test, compiled

from dwbridge.kernels.cuda.sources import Instance

TABLE = Path(__file__).with_name("registers.txt")

_LINE = re.compile(r"(?P<kernel>\w+): (?P<needs>(?:sm_\d+ \d+,? ?)+); (?P<defines>.*)")
_NEED = re.compile(r"sm_(\d+) (\d+)")

#: (kernel, defines) -> chip -> what it needs
Found = dict[tuple[str, str], dict[int, Needs]]


def found(folder: Path) -> Found:
    """What every kernel needs; `folder` is where NVRTC's answers are kept."""
    chosen = [
        (instance, chip) for instance in every() for chip in chips_under_test() if has_instructions(instance, chip)
    ]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        outcomes = threads.map(lambda pair: compiled(*pair, folder), chosen)
    table: Found = {}
    for (instance, chip), outcome in zip(chosen, outcomes, strict=True):
        for kernel, needs in outcome.kernels.items():
            table.setdefault((kernel, _defines(instance)), {})[chip] = needs
    return table


def expected() -> dict[tuple[str, str], dict[int, int]]:
    """The table: registers by kernel, defines and chip."""
    rows = [_LINE.fullmatch(line) for line in TABLE.read_text().splitlines()]
    return {
        (row["kernel"], row["defines"]): {int(chip): int(most) for chip, most in _NEED.findall(row["needs"])}
        for row in rows
        if row is not None
    }


def _defines(instance: Instance) -> str:
    return " ".join(f"{name}={value}" for name, value in instance.defines)


def _line(kernel: tuple[str, str], needs: dict[int, Needs]) -> str:
    registers = ", ".join(f"sm_{chip} {need.registers}" for chip, need in sorted(needs.items()))
    return f"{kernel[0]}: {registers}; {kernel[1]}\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.writelines(lines := sorted(_line(*row) for row in found(Path(folder)).items()))
    TABLE.write_text("".join(lines))
