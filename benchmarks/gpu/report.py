"""The report of `depthwise_gpu.py`: tables, geometric means, and what became of the aims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tables import heading, markdown_table, plain_table, said

from dwbridge.cli.bench.rows import geometric_mean
from gpu.shapes import OPERATIONS
from gpu.training import WAYS
from gpu.troubles import failures, label, wrong

Row = dict[str, Any]

#: dtype, kernels, strides, least share of the bandwidth of a copy
COPY_AIMS = (
    ("float32", (3, 5), (1, 2), 0.85),
    ("float16", (3,), (1, 2), 0.85),
    ("float32", (7,), (1,), 0.75),
    ("float16", (5, 7), (1, 2), 0.70),
)
#: operation -> how many times as fast as torch's fastest way in the geometric mean
TORCH_AIMS = {"forward": 1.3, "backward_data": 1.3, "backward_weight": 3.0}
HOST_AIM = 15e-6
HEADER = ("shape C,H,M,k,s", "batch", "us", "% copy", "torch", "its way")


def report(result: dict[str, Any], markdown: bool = False) -> str:
    """Everything as text."""
    make = markdown_table if markdown else plain_table
    lines = ["# Depthwise convolution on a GPU", "", *heading(result), *explanation(result), ""]
    for dtype in dict.fromkeys(row["dtype"] for row in result["rows"]):
        for operation in OPERATIONS:
            rows = [row for row in result["rows"] if (row["dtype"], row["operation"]) == (dtype, operation)]
            lines += [f"## {operation}, {dtype}", "", *make(HEADER, [cells(row, result) for row in rows]), ""]
            lines += [means(rows, result), ""]
    return "\n".join([*lines, "## Aims", "", *(f"- {line}" for line in aims(result))])


def explanation(result: dict[str, Any]) -> list[str]:
    """The card, and what the columns are."""
    card, rest = result["card"], result["left_out"]
    return [
        f"- {card['name']}, compute capability {card['compute_capability']}, {card['cache'] / 2**20:.0f} MiB of cache; "
        f"driver {card['driver']}, runtime {card['runtime']}",
        f"- copy, measured in this run: {result['bandwidth'] / 1e12:.3f} TB/s read and written",
        "- us: dwbridge's kernels, device time. % copy: the bytes that have to be moved, by that time, over the copy's",
        "- torch: how many times as long its fastest way takes",
        *tf32(result),
        "- buffers in turn, so that three times the cache lies between two uses",
        f"- wrong: {wrong(result)}",
        *(f"- {line}" for line in failures(result)),
        *([f"- left out, {len(rest)} layers: {'; '.join(rest)}"] if rest else []),
    ]


def tf32(result: dict[str, Any]) -> list[str]:
    """How torch multiplies float32; nothing where it is not there."""
    words = ", ".join(f"{name} {'on' if allowed else 'off'}" for name, allowed in result["tf32"].items())
    return [f"- torch's float32, in layers and where a way does not say 'without TF32': {words}"] if words else []


def timed(rows: Sequence[Row]) -> list[Row]:
    """Those in which dwbridge did not fail."""
    return [row for row in rows if "dwbridge" in row["seconds"]]


def share(row: Row, result: dict[str, Any]) -> float:
    """Of the bandwidth of a copy."""
    return row["bytes"] / row["seconds"]["dwbridge"] / result["bandwidth"]


def fastest(row: Row) -> tuple[float, str] | None:
    """(how many times as long as dwbridge, way) of torch's fastest way; None if one of the two is not there."""
    if "dwbridge" not in row["seconds"]:
        return None
    ways = {name: seconds for name, seconds in row["seconds"].items() if name != "dwbridge"}
    way = min(ways, key=ways.__getitem__, default=None)
    return None if way is None else (ways[way] / row["seconds"]["dwbridge"], way.removeprefix("torch "))


def cells(row: Row, result: dict[str, Any]) -> list[str]:
    """One line of a table."""
    if not timed([row]):
        return [row["shape"], str(row["batch"]), "failed", *[""] * (len(HEADER) - 3)]
    peer = fastest(row)
    told = (f"{peer[0]:.2f}", peer[1]) if peer else ("", "")
    own = f"{1e6 * row['seconds']['dwbridge']:.1f}"
    return [row["shape"], str(row["batch"]), own, f"{100 * share(row, result):.0f}", *told]


def means(rows: Sequence[Row], result: dict[str, Any]) -> str:
    """Geometric means of a table, of those rows in which dwbridge did not fail."""
    rows = timed(rows)
    if not rows:
        return "geometric mean: none"
    text = f"geometric mean: {100 * geometric_mean(share(row, result) for row in rows):.0f} % of copy"
    against = [peer[0] for row in rows if (peer := fastest(row))]
    return text + (f", torch {geometric_mean(against):.2f}" if against else "")


def aims(result: dict[str, Any]) -> Iterator[str]:
    """Every aim, with what was measured; a share is reached if every shape reaches it."""
    for dtype, kernels, strides, least in COPY_AIMS:
        for operation in OPERATIONS:
            rows = [row for row in result["rows"] if (row["dtype"], row["operation"]) == (dtype, operation)
                    and row["kernel"] in kernels and row["stride"] in strides]  # fmt: skip
            yield f"{operation}, {dtype}, {_names(kernels)}: " + _shares(rows, least, result)
    for operation, aim in TORCH_AIMS.items():
        found = [peer[0] for row in result["rows"] if row["operation"] == operation and (peer := fastest(row))]
        told = f"{said(geometric_mean(found) >= aim)} ({geometric_mean(found):.2f})" if found else "not measured"
        yield f"{operation}, {aim} times as fast as torch in the geometric mean: {told}"
    host = max(result["host"]["seconds"].values(), default=None)
    told = "not measured" if host is None else f"{said(host < HOST_AIM)} ({1e6 * host:.1f} us)"
    yield f"host time of a kernel call under {1e6 * HOST_AIM:.0f} us: {told}"
    for defaults, against in ((True, "torch's with its defaults"), (False, "torch's without TF32")):
        ways = ["dwbridge", *(f"torch {way}" for way, (_, as_is) in WAYS.items() if as_is == defaults)]
        seconds = {way: taken for way, taken in result["step"]["seconds"].items() if way in ways}
        yield f"a training step of MobileNetV2 no slower than {against}: {_step(seconds)}"


def _names(kernels: Sequence[int]) -> str:
    return " and ".join(f"{k}x{k}" for k in kernels)


def _shares(rows: Sequence[Row], least: float, result: dict[str, Any]) -> str:
    if not rows:
        return "not measured"
    if missing := [label(row) for row in rows if not timed([row])]:
        return f"{100 * least:.0f} % of copy {said(False)} (dwbridge failed at {missing[0]})"
    shares = {f"{row['shape']} batch {row['batch']}": share(row, result) for row in rows}
    lowest = min(shares, key=shares.__getitem__)
    mean = geometric_mean(shares.values())
    verdict = said(shares[lowest] >= least)
    return f"{100 * least:.0f} % of copy {verdict} (mean {100 * mean:.0f} %, {100 * shares[lowest]:.0f} % at {lowest})"


def _step(step: dict[str, float]) -> str:
    if "dwbridge" not in step:
        return "not measured"
    own, others = step["dwbridge"], {name: seconds for name, seconds in step.items() if name != "dwbridge"}
    told = f"{1e3 * own:.1f} ms"
    if not others:
        return f"torch not measured ({told})"
    way = min(others, key=others.__getitem__)
    return f"{said(own <= others[way])} ({told}, {way} {1e3 * others[way]:.1f} ms)"
