"""Tables on a terminal, and plain text where the output goes elsewhere: no colour, no line cut to a window's width."""

import click
from rich import box
from rich.console import Console
from rich.table import Table

PLAIN_WIDTH = 240


def table(*columns: str) -> Table:
    """An empty table."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def show(rows: Table) -> None:
    """Prints a table to standard output."""
    console = Console(highlight=False, markup=False)
    if console.is_terminal:
        console.print(rows)
    else:
        click.echo(_plain(rows))


def _plain(rows: Table) -> str:
    """The table as text, without the spaces with which rich fills up its lines."""
    console = Console(highlight=False, markup=False, width=PLAIN_WIDTH, color_system=None)
    with console.capture() as capture:
        console.print(rows)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())
