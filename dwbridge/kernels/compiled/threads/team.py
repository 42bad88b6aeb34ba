"""The team of a process: daemon threads that help whoever leads, wait awake for a while, and then sleep."""

from __future__ import annotations

import atexit
import os
import threading
from typing import Any

from dwbridge.kernels.compiled.compiler import Kernel
from dwbridge.kernels.compiled.threads.handover import APART, ASLEEP, LEAVE, attend, words

#: The largest number of workers: no processor that this runs on has more cores.
MOST = 1023


class Team:
    """Workers, as many as were ever wanted at once."""

    def __init__(self) -> None:
        self.words = words(MOST)
        self.leading = threading.Lock()
        self.workers: list[_Worker] = []
        self.closed = False

    def work(self, launcher: Kernel, seats: int, total: int, grain: int, ranges: int, args: tuple[Any, ...]) -> int:
        """Calls the launcher with up to `seats` helpers. While another thread leads, the caller works alone.

        Raises:
            CannotCompileError: if there is no compiled code for these arguments.
        """
        if not seats or not self.leading.acquire(blocking=False):
            return launcher(self.words, 0, total, grain, 1, *args)
        try:
            self._gather(min(seats, MOST))
            return launcher(self.words, min(seats, MOST), total, grain, ranges, *args)
        finally:
            self.leading.release()

    def _gather(self, seats: int) -> None:
        """Wakes so many workers; only whoever leads may."""
        for worker in self.workers[:seats]:
            worker.wake()
        if len(self.workers) < seats and not self.closed:
            attend.compile_for(self.words, 0)  # here, and not in each of the threads
            while len(self.workers) < seats:
                worker = _Worker(self.words, len(self.workers))
                try:
                    worker.start()
                except RuntimeError:  # the system gives no more threads: those that there are do the work
                    return
                self.workers.append(worker)

    def close(self) -> None:
        """Sends the workers home: compiled code is freed when the interpreter ends, and nobody may be in it."""
        with self.leading:
            self.closed, self.words[LEAVE] = True, 1
            workers, self.workers = self.workers, []
        for worker in workers:
            worker.wake()
        for worker in workers:
            worker.join(timeout=1.0)


class _Worker(threading.Thread):
    def __init__(self, words: Any, number: int) -> None:
        super().__init__(name=f"dwbridge-{number}", daemon=True)
        self.words, self.number = words, number
        self.asleep = ASLEEP + APART * number
        self.awake = threading.Lock()  # held while it is to sleep
        self.awake.acquire()

    def wake(self) -> None:
        """Wakes it if it sleeps, or is about to; only whoever leads may."""
        if self.words[self.asleep]:
            self.words[self.asleep] = 0
            self.awake.release()

    def run(self) -> None:
        attend(self.words, self.number)
        while not self.words[LEAVE]:
            self.awake.acquire()
            attend(self.words, self.number)


_team = Team()


def current() -> Team:
    """This process's."""
    return _team


def _start_anew() -> None:
    global _team  # a forked child has the parent's locks and words, and none of its threads
    _team = Team()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
atexit.register(lambda: _team.close())
