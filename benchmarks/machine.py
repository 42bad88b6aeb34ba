"""What a result has to say about where, when and how it was measured, and the name of its file."""

from __future__ import annotations

import datetime
import os
import platform
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from dwbridge.cli.bench.machine import cores, processor, vectors

ROOT = Path(__file__).resolve().parents[1]


def description() -> dict[str, Any]:
    """Date, processor, system, commit and command line."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "processor": processor(),
        "vectors": vectors(),
        "cores": cores(),
        "system": platform.platform(),
        "commit": _commit(),
        "command": shlex.join(["python", *map(anywhere, sys.argv)]),
    }


def anywhere(word: str) -> str:
    """A word of a command line as it may stand on another machine.

    Interpreters are PYTHON, paths are relative to the repository, and of those outside it the last name is left.
    """
    option, equals, value = word.rpartition("=")
    if "/" not in value:
        return word
    path = Path(os.path.abspath(value))
    if re.fullmatch(r"python[\d.]*", path.name):
        return f"{option}{equals}PYTHON"
    return f"{option}{equals}{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}"


class Neighbours:
    """How much processor time other programs took since this was made, in cores: much, and two threads mean little.

    A thread team that lacks one core spins at its barriers: a peer with OpenMP can then be a hundred times as slow.
    """

    def __init__(self) -> None:
        self.start, self.busy, self.own = time.perf_counter(), _busy_seconds(), time.process_time()

    def cores(self, peers: float) -> float:
        """Cores that others used; `peers` is the processor time of the peers' processes."""
        others = _busy_seconds() - self.busy - (time.process_time() - self.own) - peers
        return round(max(0.0, others) / (time.perf_counter() - self.start), 2)


def _busy_seconds() -> float:
    """Processor time of all programs since the system started, stolen time included."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def file_stem(benchmark: str, processor_name: str | None = None) -> str:
    """`<benchmark>_<processor>_<date>`; the processor is this machine's, unless it is named."""
    name = re.sub(r"[^a-z0-9]+", "-", (processor_name or processor()).lower()).strip("-")
    return f"{benchmark}_{name}_{datetime.date.today().isoformat()}"


def _commit() -> str:
    """The commit, or "unknown" where there is no git, or no repository: a copy of the sources will do for measuring."""
    words = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        return "unknown"
    return done.stdout.strip() or "unknown"
