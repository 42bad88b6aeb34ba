"""`dwbridge bench`: how fast this machine's kernels are, against a plain copy and the peers that are installed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dwbridge.cli.arguments import OutputFile
from dwbridge.cli.exit_codes import FINE, BadInputError

if TYPE_CHECKING:
    from rich.table import Table

    from dwbridge.cli.bench.shapes import Shape

#: Nobody wants to wait for more in a command that is quick by default.
MOST_BYTES = 1 << 30


class BenchShape(click.ParamType):
    """Five positive integers: channels, size, channel multiplier, kernel, stride."""

    name = "c,h,m,k,s"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Shape:
        from dwbridge.cli.bench.shapes import Shape

        sizes = [word.strip() for word in str(value).split(",")]
        if len(sizes) != 5 or not all(size.isascii() and size.isdigit() and int(size) > 0 for size in sizes):
            expected = "five positive integers between commas (channels, size, multiplier, kernel, stride)"
            self.fail(f"expected {expected}, such as 32,112,1,3,1, got {value!r}", param, context)
        return Shape(*map(int, sizes))


@click.command()
@click.option("--threads", type=click.IntRange(1, 1024), help="Threads for everybody (default: as dwbridge is set).")
@click.option("--batch", type=click.IntRange(min=1), default=2, show_default=True, help="Images in a batch.")
@click.option(
    "--shapes", multiple=True, type=BenchShape(), help="Only this shape; may be repeated (default: a list of 15)."
)
@click.option("--rounds", type=click.IntRange(1, 1000), default=3, show_default=True, help="More are steadier.")
@click.option("--json", "json_file", type=OutputFile(), help="Write everything that was measured as JSON.")
def bench(threads: int | None, batch: int, shapes: tuple[Shape, ...], rounds: int, json_file: Path | None) -> int:
    """Measure depthwise convolution on this machine, forward and backward.

    Each line: milliseconds of dwbridge; how many times as long that is as a plain copy that moves the same bytes; the
    share of the processor's peak arithmetic; and how many times as long the peers take that are installed here.
    """
    from dwbridge.cli.bench.shapes import SHAPES
    from dwbridge.configuration import config, using_config

    chosen = shapes or SHAPES
    for shape in chosen:
        _check_size(shape, batch)
    with using_config("num_threads", threads or config.num_threads):
        result = _measured(chosen, batch, config.num_threads, rounds)
    _show(result)
    if json_file is not None:
        from dwbridge.serializers import write_atomically

        text = json.dumps(result, indent=2) + "\n"
        write_atomically(json_file, lambda out: out.write(text.encode()))
    return FINE


def _check_size(shape: Shape, batch: int) -> None:
    size = shape.bytes("backward", batch)
    if size > MOST_BYTES:
        raise BadInputError(f"{shape.label} with a batch of {batch} takes {size / 1e9:.1f} GB; expected at most 1.1 GB")


def _measured(shapes: Iterable[Shape], batch: int, threads: int, rounds: int) -> dict[str, Any]:
    from dwbridge.cli.bench.in_process import measured, start
    from dwbridge.cli.bench.machine import cores, processor, vectors
    from dwbridge.cli.bench.peak import peak_flops

    peers, absent = start(threads)
    machine = {"processor": processor(), "cores": cores(), "vectors": vectors()}
    versions = {name: peer.versions() for name, peer in peers.items()}
    rows = [row for shape in _progress(shapes) for row in measured(peers, shape, batch, threads, rounds)]
    peak = peak_flops(threads)
    return {"machine": machine, "versions": versions, "absent": absent, "peak_flops": peak, "rows": rows}


def _progress(shapes: Iterable[Shape]) -> Iterator[Shape]:
    """The shapes, with a bar on a terminal."""
    if not sys.stderr.isatty():
        yield from shapes
        return
    with click.progressbar(list(shapes), file=sys.stderr) as bar:
        yield from bar


def _show(result: dict[str, Any]) -> None:
    from dwbridge.cli.bench.rows import best, geometric_mean, times_copy
    from dwbridge.cli.tables import show

    rows, machine, first = result["rows"], result["machine"], result["rows"][0]
    peers = [name for name in ("torch", "onnxruntime") if name in result["versions"]]
    peak = f", peak {result['peak_flops'] / 1e9:.0f} GFLOP/s" if result["peak_flops"] else ""
    click.echo(f"{machine['processor']}, {first['threads']} thread(s), batch {first['batch']}{peak}")
    show(_table(result, peers))
    for name in peers:
        for operation in ("forward", "backward"):
            if found := [v for row in rows if row["operation"] == operation and (v := best(row, name))]:
                click.echo(f"{operation}: {name} takes {geometric_mean(found):.2f} times as long (geometric mean)")
    copies = [v for row in rows if (v := times_copy(row))]
    click.echo(f"all: {geometric_mean(copies):.1f} times as long as a copy of the same bytes (geometric mean)")
    for name, reason in result["absent"].items():
        click.echo(f"{name} is not measured: {reason}")


def _table(result: dict[str, Any], peers: list[str]) -> Table:
    from dwbridge.cli.bench.rows import best, own_seconds, peak_share, times_copy
    from dwbridge.cli.tables import table

    lines = table("shape", "operation", "ms", "x copy", "% peak", *(f"x {name}" for name in peers))
    for row in result["rows"]:
        share = peak_share(row, result["peak_flops"])
        compared = [best(row, name) for name in peers]
        lines.add_row(
            row["shape"],
            row["operation"],
            f"{1e3 * (own_seconds(row) or 0):.3f}",
            f"{times_copy(row):.2f}",
            f"{100 * share:.0f}" if share else "",
            *(f"{value:.2f}" if value else "" for value in compared),
        )
    return lines
