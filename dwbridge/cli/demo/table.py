"""The demo's one table: every claim, whether it held, and what was found."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from dwbridge.cli.demo.results import DemoResult, missing_runtimes
from dwbridge.cli.tables import show, table

OK, FAILED = Text("ok", "green"), Text("FAILED", "bold red")


def print_result(result: DemoResult, files: list[Path]) -> None:
    """Prints the table.

    Args:
        result: what the steps gave.
        files: what was written, all in one folder.
    """
    rows = table("step", "", "claim", "found")
    for step, checks in result.steps:
        for index, check in enumerate(checks):
            rows.add_row("" if index else step, OK if check.held else FAILED, check.claim, check.found)
        rows.add_section()
    for index, (name, reason) in enumerate(missing_runtimes(result.verification)):
        rows.add_row("" if index else "not tried", "", name, reason)
    rows.add_section()
    for index, path in enumerate(files):
        rows.add_row("" if index else "files", "", path.name, f"{path.stat().st_size:,} bytes")
    rows.add_section()
    rows.add_row("time", "", "all steps", f"{result.seconds:.1f} s, {result.training.seconds:.1f} s of them training")
    show(rows)
