"""The report of `depthwise_cpu.py`: tables, geometric means, the worst shapes, and what became of the aims."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tables import heading, markdown_table, plain_table, said

from dwbridge.cli.bench.rows import Row, best, geometric_mean, own_seconds, peak_share, times_copy

#: operation, peers of which the best counts, how many times as fast in the geometric mean; and on no shape slower.
AIMS = (("forward", ("torch", "onnxruntime"), 1.5), ("backward", ("torch",), 3.0))
HEADER = ("shape C,H,M,k,s", "batch", "ms", "x copy", "% peak", "torch", "onnxruntime", "chainer", "function ms")
PEERS = ("torch", "onnxruntime", "chainer")
WORST = 8
#: Bytes that a call may take beside its outputs, for each thread.
SCRATCH = 4 << 20


def report(result: dict[str, Any], markdown: bool = False) -> str:
    """Everything as text."""
    make = markdown_table if markdown else plain_table
    lines = ["# Depthwise convolution on the CPU", "", *heading(result), *explanation(result), ""]
    for operation, _, _ in AIMS:
        for threads in sorted({row["threads"] for row in result["rows"]}):
            rows = [row for row in result["rows"] if (row["operation"], row["threads"]) == (operation, threads)]
            lines += [f"## {operation}, {threads} thread(s)", ""]
            lines += [*make(HEADER, [cells(row, result["peak"]) for row in rows]), "", *means(rows), ""]
    lines += ["## Aims", "", *(line for aim in AIMS for line in verdict(result["rows"], *aim)), scratch(result["rows"])]
    return "\n".join(lines)


def explanation(result: dict[str, Any]) -> list[str]:
    """What the columns are."""
    peaks = ", ".join(f"{n} thread(s) {peak / 1e9:.0f} GFLOP/s" for n, peak in result["peak"].items() if peak)
    others = ", ".join(f"{cores} with {n} thread(s)" for n, cores in result["neighbours"].items())
    return [
        f"- peak measured: {peaks or 'no'}; cores that other programs used meanwhile: {others}",
        "- float32, NCHW; forward with bias; backward gives gx, gW and gb; outputs are new in each call",
        "- ms: dwbridge. x copy: its time over that of a plain copy that moves the same bytes (x and y; x, gy and gx)",
        "- torch, onnxruntime, chainer: how many times as long they take; onnxruntime: its faster way",
        "- function ms: the user's function instead of the kernels, with type checks, variables and the engine",
    ]


def cells(row: Row, peaks: dict[int, float | None]) -> list[str]:
    """One line of the table."""
    share, copy, function = peak_share(row, peaks.get(row["threads"])), times_copy(row), own_seconds(row, "/function")
    return [
        row["shape"],
        str(row["batch"]),
        f"{1e3 * (own_seconds(row) or 0):.3f}",
        f"{copy:.2f}" if copy else "",
        f"{100 * share:.0f}" if share else "",
        *(f"{value:.2f}" if (value := best(row, peer)) else "" for peer in PEERS),
        f"{1e3 * function:.3f}" if function else "",
    ]


def means(rows: Sequence[Row]) -> list[str]:
    """Geometric means over the rows, for each batch and all."""
    lines = []
    for batch in [*sorted({row["batch"] for row in rows}), None]:
        chosen = [row for row in rows if batch in (None, row["batch"])]
        found = {peer: [v for row in chosen if (v := best(row, peer))] for peer in PEERS}
        parts = [f"{peer} {geometric_mean(values):.2f}" for peer, values in found.items() if values]
        copies = [v for row in chosen if (v := times_copy(row))]
        parts += [f"x copy {geometric_mean(copies):.2f}"] if copies else []
        lines.append(f"geometric mean, {'all batches' if batch is None else f'batch {batch}'}: {', '.join(parts)}")
    return lines


def verdict(rows: Sequence[Row], operation: str, peers: Sequence[str], aim: float) -> list[str]:
    """Whether dwbridge is faster than the best of the peers by the factor in the mean, and on no shape slower."""
    name = f"the faster of {' and '.join(peers)}" if len(peers) > 1 else peers[0]
    values = [(v, row) for row in rows if row["operation"] == operation and (v := best(row, *peers))]
    if not values:
        return [f"- {operation} against {name}: not measured"]
    mean, slower = geometric_mean(v for v, _ in values), [v for v, _ in values if v < 1]
    worst = sorted(values, key=lambda pair: pair[0])[:WORST]
    return [
        f"- {operation}, {aim} times as fast as {name} in the geometric mean: {said(mean >= aim)} ({mean:.2f})",
        f"- {operation}, not slower on any of {len(values)}: {said(not slower)} (slower on {len(slower)}); lowest: "
        + "; ".join(f"{v:.2f} at {row['shape']} batch {row['batch']} threads {row['threads']}" for v, row in worst),
    ]


def scratch(rows: Sequence[Row]) -> str:
    """Whether every call stays within its outputs and a little scratch, as far as Python and NumPy see allocations."""
    worst = max(rows, key=lambda row: row["scratch_bytes"] / row["threads"])
    held = worst["scratch_bytes"] <= SCRATCH * worst["threads"]
    return (
        f"- beside its outputs no call allocates more than {SCRATCH >> 20} MB a thread: {said(held)} (the most: "
        f"{worst['scratch_bytes'] / 1e6:.2f} MB in {worst['operation']}, {worst['shape']}, batch {worst['batch']}, "
        f"{worst['threads']} thread(s))"
    )
