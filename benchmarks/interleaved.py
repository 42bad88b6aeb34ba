"""Peers side by side: one process each, and only one of them computes at any time.

The driver asks each in turn for a short burst; `dwbridge/cli/bench/rounds.py` says how bursts become numbers. Peers
keep their own settings, as their users have them; after a burst the driver waits until the peer's threads sleep.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dwbridge.cli.bench.rounds import Bursts, wait_until_quiet

HERE = Path(__file__).resolve().parent
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "DWBRIDGE_NUM_THREADS")


class Peer:
    """A peer's process."""

    def __init__(self, name: str, python: str, file: Path, threads: int, worker: Path = HERE / "worker.py") -> None:
        self.name = name
        environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, str(threads))}
        self.process = subprocess.Popen(
            [python, str(worker), str(file), str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.spun = 0.0  # the most seconds that its threads went on after a burst
        self.versions = self.ask(do="hello")["versions"]

    def ask(self, **request: Any) -> dict[str, Any]:
        """Sends a request and waits for the answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print(json.dumps(request), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name}: its process ended with code {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise SystemExit(f"{self.name}: {request['do']}: {answer['error']}")
        return dict(answer)

    def prepare(self, do: str = "prepare", **request: Any) -> dict[str, Any]:
        """Has the peer prepare what it will be asked for, and waits until it is quiet."""
        answer = self.ask(do=do, **request)
        wait_until_quiet(self.processor_time)
        return answer

    def burst(self, operation: str, seconds: float, least: int = 3) -> float:
        """Seconds of the fastest call of a burst."""
        times = self.ask(do="burst", operation=operation, seconds=seconds, least=least)["times"]
        self.spun = max(self.spun, wait_until_quiet(self.processor_time))
        return float(min(times))

    def processor_time(self) -> float:
        """Seconds of processor time that the process has used."""
        return time.clock_gettime((~self.process.pid << 3) | 2)  # Linux's clock of another process

    def close(self) -> float:
        """Ends the process; gives the processor time that it used."""
        assert self.process.stdin is not None
        used = self.processor_time()
        self.process.stdin.close()
        self.process.wait()
        return used


def bursts(entries: Iterable[tuple[Peer, str]], seconds: float, least: int = 3) -> Bursts:
    """What `rounds` takes: a burst of this length for each peer and operation."""
    return {(peer.name, name): functools.partial(peer.burst, name, seconds, least) for peer, name in entries}
