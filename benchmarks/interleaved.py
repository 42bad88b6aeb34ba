"""Peers side by side: one process each, and only one of them computes at any time.

The driver asks each in turn for a short burst, over and over; the order turns from round to round. A burst counts with
its fastest call, since nothing makes a call faster than it is; ratios are taken within a round, between bursts that are
milliseconds apart, and the median over the rounds counts. So a machine that slows down slows down both sides.

Threads that a peer leaves spinning after its work would take the next one's core (GNU OpenMP's spin for about 10 ms,
onnxruntime's for 50 ms, OpenBLAS's longer): after every burst the driver waits until the peer's process takes no more
processor time. Peers keep their own settings, as their users have them.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "DWBRIDGE_NUM_THREADS")
#: A peer is quiet when it takes less than QUIET of LOOK seconds of processor time; nobody waits longer than PATIENCE.
LOOK, QUIET, PATIENCE = 0.003, 0.0003, 1.0


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
        self._until_quiet()
        return answer

    def burst(self, operation: str, seconds: float, least: int = 3) -> float:
        """Seconds of the fastest call of a burst."""
        times = self.ask(do="burst", operation=operation, seconds=seconds, least=least)["times"]
        self.spun = max(self.spun, self._until_quiet())
        return float(min(times))

    def _until_quiet(self) -> float:
        """Waits until the process sleeps; gives the seconds that it took."""
        clock = (~self.process.pid << 3) | 2  # Linux's clock of another process's processor time
        start, before = time.perf_counter(), time.clock_gettime(clock)
        while (waited := time.perf_counter() - start) < PATIENCE:
            time.sleep(LOOK)
            now = time.clock_gettime(clock)
            if now - before < QUIET:
                break
            before = now
        return waited

    def close(self) -> None:
        """Ends the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


Times = dict[tuple[str, str], list[float]]


def rounds(
    entries: Iterable[tuple[Peer, str]], count: int, seconds: float, limit: float = 10.0, least: int = 3
) -> Times:
    """Seconds of every round for each (peer's name, operation).

    Args:
        entries: who computes what.
        count: rounds; fewer, but at least three, when they take more than `limit` seconds together.
        seconds: length of a burst.
        limit: seconds for all rounds.
        least: calls in a burst.
    """
    entries = list(entries)
    times: Times = {(peer.name, operation): [] for peer, operation in entries}
    start = time.perf_counter()
    for i in range(count):
        turn = i % len(entries)
        for peer, operation in entries[turn:] + entries[:turn]:
            times[peer.name, operation].append(peer.burst(operation, seconds, least))
        if i >= 2 and time.perf_counter() - start > limit:
            break
    return times


def ratio(times: Times, of: tuple[str, str], to: tuple[str, str]) -> float:
    """The median over the rounds of how many times as long `of` takes as `to`."""
    return statistics.median(a / b for a, b in zip(times[of], times[to], strict=True))
