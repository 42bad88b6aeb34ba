"""Depthwise convolution on the CPU, forward and backward, beside torch, onnxruntime, Chainer and a plain copy.

    python benchmarks/depthwise_cpu.py --torch PYTHON --onnxruntime PYTHON --chainer PYTHON [--plot FILE.png]
    python benchmarks/depthwise_cpu.py --torch PYTHON --onnxruntime PYTHON --quick

Each peer runs in the interpreter that is given for it (`PYTHON` is an interpreter in whose environment the peer is
installed); a peer without one is listed as absent. Everything is float32, NCHW, outputs are new arrays in each call.
`interleaved.py` says how time is taken, the files in `dwbridge/cli/bench` what is called. Without --quick the results
are written to `benchmarks/results/depthwise_cpu_<processor>_<date>.json` and `.md`. It takes about ten minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from depthwise_report import report
from interleaved import HERE, Peer, bursts
from machine import Neighbours, description
from result_files import draw, keep

from dwbridge.cli.bench.peak import peak_flops
from dwbridge.cli.bench.rounds import rounds
from dwbridge.cli.bench.rows import Row, row
from dwbridge.cli.bench.shapes import SHAPES, Shape

PEERS = HERE.parent / "dwbridge" / "cli" / "bench" / "peers"
FILES = {
    "dwbridge": PEERS / "native.py",
    "copy": PEERS / "plain_copy.py",
    "torch": PEERS / "torch.py",
    "onnxruntime": PEERS / "onnxruntime.py",
    "chainer": HERE / "peers" / "chainer.py",
}
#: Chainer takes so long that a few rounds say enough.
SLOW, SLOW_ROUNDS = ("chainer",), 3
OPERATIONS = ("forward", "backward")
#: How far the means of two peers' outputs may be apart, in mean sizes.
TOLERANCE = 1e-3


def main() -> None:
    arguments = parsed()
    pythons = {"dwbridge": sys.executable, "copy": sys.executable}
    pythons |= {name: given for name in FILES if (given := getattr(arguments, name, None))}
    result: dict[str, Any] = {"machine": description(), "versions": {}, "peak": {}, "rows": []}
    result["absent"] = [name for name in FILES if name not in pythons]
    for threads in arguments.threads:
        result["peak"][threads] = peak_flops(threads)
        neighbours = Neighbours()
        peers = [Peer(name, python, FILES[name], threads) for name, python in pythons.items()]
        result["versions"] |= {peer.name: peer.versions for peer in peers}
        for batch in arguments.batch:
            for shape in arguments.shapes:
                result["rows"] += measured(peers, shape, batch, threads, arguments)
                progress(f"{threads} thread(s), batch {batch}, {shape.label}")
        result.setdefault("spun", {})[threads] = {peer.name: round(peer.spun, 4) for peer in peers}
        used = sum([peer.close() for peer in peers])
        result.setdefault("neighbours", {})[threads] = neighbours.cores(used)
    progress("")
    print(report(result))
    keep("depthwise_cpu", result, report, arguments.out)
    draw("depthwise_plot", result, arguments.plot)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("torch", "onnxruntime", "chainer"):
        parser.add_argument(f"--{name}", metavar="PYTHON", help=f"interpreter that has {name}")
    parser.add_argument("--threads", type=int, nargs="+", help="default: 1 2; quick: 1")
    parser.add_argument("--batch", type=int, nargs="+", help="default: 1 2 8 32; quick: 2")
    parser.add_argument(
        "--shapes", nargs="+", metavar="C,H,M,k,s", help="default: the 15 of dwbridge/cli/bench/shapes.py"
    )
    parser.add_argument("--rounds", type=int, help="default: 11; quick: 5")
    parser.add_argument("--seconds", type=float, default=0.01, help="length of a burst (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="a first look: one thread, batch 2, few rounds, no files")
    parser.add_argument("--out", type=Path, help="folder of the result files (default: benchmarks/results)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the results (needs matplotlib)")
    arguments = parser.parse_args()
    arguments.threads = arguments.threads or ([1] if arguments.quick else [1, 2])
    arguments.batch = arguments.batch or ([2] if arguments.quick else [1, 2, 8, 32])
    arguments.rounds = arguments.rounds or (5 if arguments.quick else 11)
    arguments.out = arguments.out or (None if arguments.quick else HERE / "results")
    arguments.shapes = [Shape(*map(int, text.split(","))) for text in arguments.shapes or ()] or SHAPES
    return arguments


def measured(peers: Sequence[Peer], shape: Shape, batch: int, threads: int, arguments: argparse.Namespace) -> list[Row]:
    """A row for each operation: seconds of everybody, and how many times as long as dwbridge they take."""
    given = {peer: peer.prepare(sizes=shape, batch=batch)["digests"] for peer in peers}
    check(given, shape, batch)
    entries = [(peer, operation) for peer in peers for operation in given[peer]]
    quick = [entry for entry in entries if entry[0].name not in SLOW]
    times = rounds(bursts(quick, arguments.seconds), arguments.rounds)
    rows = [row(operation, times, shape, batch, threads) for operation in OPERATIONS]
    for found in rows:
        found["scratch_bytes"] = peers[0].ask(do="scratch", operation=found["operation"])["bytes"]
    if len(quick) < len(entries):
        slow = [entry for entry in entries if entry[0].name in ("dwbridge", *SLOW)]
        times = rounds(bursts(slow, arguments.seconds), SLOW_ROUNDS)
        rows = [with_slow(old, row(old["operation"], times, shape, batch, threads)) for old in rows]
    return rows


def with_slow(old: Row, new: Row) -> Row:
    """What was measured in the many rounds, and behind it what is only in the few."""
    merged = {name: {**new[name], **old[name]} for name in ("seconds", "times_dwbridge")}
    return {**old, **merged}


def check(given: dict[Peer, dict[str, list]], shape: Shape, batch: int) -> None:
    """Ends the run where two peers do not compute the same."""
    first, *others = given
    for peer in [first, *others]:
        for operation, digest in given[peer].items():
            right = given[first][operation.partition("/")[0]]
            for (mean, size), (right_mean, right_size) in zip(digest, right):
                if max(abs(mean - right_mean), abs(size - right_size)) > TOLERANCE * right_size:
                    raise SystemExit(f"{peer.name}: {operation} of {shape.label}, batch {batch}: {digest}, not {right}")


def progress(text: str) -> None:
    """Shows how far it is, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r{text:60}", end="\n" if not text else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
