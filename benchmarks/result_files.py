"""The files that a benchmark leaves: what was measured as JSON, the report as a page, and a plot."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import file_stem


class Files:
    """The two files of one run, `<out>/<benchmark>_<processor>_<date>.json` and `.md`; none for an `out` of None.

    They can be written while the run goes on, every time whole: whoever is interrupted has what was measured.
    """

    def __init__(
        self, benchmark: str, report: Callable[..., str], out: Path | None, processor: str | None = None
    ) -> None:
        self.report, self.stem = report, out and out / file_stem(benchmark, processor)

    def write(self, result: dict[str, Any]) -> None:
        if self.stem is not None:
            self.stem.parent.mkdir(parents=True, exist_ok=True)
            _replace(Path(f"{self.stem}.json"), json.dumps(result, indent=1) + "\n")
            _replace(Path(f"{self.stem}.md"), self.report(result, markdown=True) + "\n")

    def tell(self) -> None:
        """Says where they are."""
        if self.stem is not None:
            print(f"written: {self.stem}.json and .md")


def _replace(file: Path, text: str) -> None:
    """The file is the old one or the new one at any time."""
    beside = file.with_name(f"{file.name}.part")
    beside.write_text(text)
    beside.replace(file)


def keep(
    benchmark: str, result: dict[str, Any], report: Callable[..., str], out: Path | None, processor: str | None = None
) -> None:
    """Writes the files of a run that is over."""
    files = Files(benchmark, report, out, processor)
    files.write(result)
    files.tell()


def draw(module: str, result: dict[str, Any], file: Path | None) -> None:
    """Has a module's `plot` draw into the file; nothing for None. Needs matplotlib."""
    if file is not None:
        importlib.import_module(module).plot(result, file)
        print(f"written: {file}")
