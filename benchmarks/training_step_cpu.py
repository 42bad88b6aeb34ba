"""A whole training step (forward, softmax cross entropy, backward, Adam) on the CPU, in dwbridge and in torch.

    python benchmarks/training_step_cpu.py --torch PYTHON [--quick] [--profile] [--networks convnext ...]

The networks stand in `benchmarks/networks`, once for both, and start from the same weights: the loss of the first step
is compared. `PYTHON` is an interpreter in whose environment torch is installed. `interleaved.py` says how time is
taken. torch runs in its default layout and, for comparison, in channels_last. Memory is the largest resident size of a
process that has only made steps of this kind, and the same without what the process has after its imports. With
--profile also where the time goes. Without --quick the results are written to `benchmarks/results/training_step_cpu_*`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

from interleaved import HERE, Peer, bursts
from machine import Neighbours, description
from networks import NETWORKS
from result_files import keep
from training_step_report import report

from dwbridge.cli.bench.rounds import ratio, rounds

FILES = {"dwbridge": HERE / "peers" / "dwbridge_step.py", "torch": HERE / "peers" / "torch_step.py"}
#: How far the first losses may be apart, relatively.
TOLERANCE = 1e-4
STEPS = {"dwbridge": ("step",), "torch": ("step", "step/channels_last")}


def main() -> None:
    arguments = parsed()
    pythons = {"dwbridge": sys.executable} | ({"torch": arguments.torch} if arguments.torch else {})
    result: dict[str, Any] = {"machine": description(), "versions": {}, "rows": []}
    result["absent"] = [name for name in FILES if name not in pythons]
    result["input"] = [arguments.batch, 3, arguments.size, arguments.size]
    for threads in arguments.threads:
        for network in arguments.networks:
            print(f"{network}, {threads} thread(s)", file=sys.stderr, flush=True)
            result["rows"].append(measured(pythons, network, threads, arguments, result["versions"]))
    print(report(result))
    keep("training_step_cpu", result, report, arguments.out)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch", metavar="PYTHON", help="interpreter that has torch")
    parser.add_argument("--networks", nargs="+", choices=list(NETWORKS), default=list(NETWORKS))
    parser.add_argument("--threads", type=int, nargs="+", help="default: 1 2; quick: 1")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", type=int, default=96, help="rows and columns of the images (default: %(default)s)")
    parser.add_argument("--rounds", type=int, help="default: 15; quick: 3")
    parser.add_argument("--profile", action="store_true", help="also say where the time goes")
    parser.add_argument("--quick", action="store_true", help="a first look: one thread, few rounds, no files")
    parser.add_argument("--out", type=Path, help="folder of the result files (default: benchmarks/results)")
    arguments = parser.parse_args()
    arguments.threads = arguments.threads or ([1] if arguments.quick else [1, 2])
    arguments.rounds = arguments.rounds or (3 if arguments.quick else 15)
    arguments.out = arguments.out or (None if arguments.quick else HERE / "results")
    return arguments


def measured(
    pythons: dict[str, str], network: str, threads: int, arguments: argparse.Namespace, versions: dict[str, Any]
) -> dict[str, Any]:
    """Everything about one network: processes of their own, so that memory is this network's."""
    neighbours = Neighbours()
    request = {"network": network, "batch": arguments.batch, "size": arguments.size}
    peers = {
        (name, step): Peer(name, python, FILES[name], threads)
        for name, python in pythons.items()
        for step in STEPS[name]
    }
    losses = {
        "/".join(key): peer.prepare("network", operations=[key[1]], **request)["losses"][key[1]]
        for key, peer in peers.items()
    }
    check(network, losses)
    versions |= {peer.name: peer.versions for peer in peers.values()}
    entries = [(peer, step) for (_, step), peer in peers.items()]
    times = rounds(bursts(entries, 0.2, least=2), arguments.rounds, limit=90)
    row = {"network": network, "threads": threads, "losses": losses}
    row["seconds"] = {"/".join(key): statistics.median(values) for key, values in times.items()}
    row["times_dwbridge"] = {"/".join(key): ratio(times, key, ("dwbridge", "step")) for key in times}
    row["memory"] = {"/".join(key): peer.ask(do="peak", operation=key[1]) for key, peer in peers.items()}
    if arguments.profile:
        row["profile"] = {
            name: peer.ask(do="profile", operation=step, repeats=5)["milliseconds"]
            for (name, step), peer in peers.items()
            if step == "step"
        }
    row["neighbours"] = neighbours.cores(sum([peer.close() for peer in peers.values()]))
    return row


def check(network: str, losses: dict[str, list[float]]) -> None:
    """Ends the run where the first losses differ: it would not be the same network."""
    first = losses["dwbridge/step"][0]
    for name, (loss, *_) in losses.items():
        if abs(loss - first) > TOLERANCE * abs(first):
            raise SystemExit(f"{network}: the first loss is {loss} in {name}, {first} in dwbridge")


if __name__ == "__main__":
    main()
