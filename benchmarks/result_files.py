"""The files that a benchmark leaves: what was measured as JSON, the report as a page, and a plot."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import file_stem


def keep(
    benchmark: str, result: dict[str, Any], report: Callable[..., str], out: Path | None, processor: str | None = None
) -> None:
    """Writes `<out>/<benchmark>_<processor>_<date>.json` and `.md`; nothing for None."""
    if out is None:
        return
    out.mkdir(parents=True, exist_ok=True)
    stem = out / file_stem(benchmark, processor)
    Path(f"{stem}.json").write_text(json.dumps(result, indent=1) + "\n")
    Path(f"{stem}.md").write_text(report(result, markdown=True) + "\n")
    print(f"written: {stem}.json and .md")


def draw(module: str, result: dict[str, Any], file: Path | None) -> None:
    """Has a module's `plot` draw into the file; nothing for None. Needs matplotlib."""
    if file is not None:
        importlib.import_module(module).plot(result, file)
        print(f"written: {file}")
