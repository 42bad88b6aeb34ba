"""How work is handed from one thread to others, in compiled code, without Python and its lock.

One thread leads at a time. It writes down the job (an entry and its arguments), opens as many seats as it
wants helpers, and works. A worker that waits awake takes a seat and works too; whoever is free takes the next range.
When no range is left, the leader closes the seats, and waits for those who sit. A worker that comes too late finds no
seat: it never sees the arguments of a job that is over.

A worker that has waited `PATIENCE` rests says that it is asleep, and goes back to Python, to sleep on a lock.
"""

from __future__ import annotations

import numpy as np

from dwbridge.kernels.compiled.compiler import kernel, subroutine
from dwbridge.kernels.compiled.threads import atomics
from dwbridge.kernels.compiled.threads.entries import call

#: Words between two that different threads write: no cache line has both.
APART = 16

#: The job: the entry to call, and where its arguments are.
ENTRY, ARGS = range(2)
#: The next range that nobody has taken; seats that are open; helpers that have finished; whether a kernel raised;
#: whether workers are to leave; and for each worker whether it sleeps.
NEXT, SEATS, FINISHED, FAILED, LEAVE, ASLEEP = (APART * i for i in range(1, 7))

#: Rests of a worker that nobody wants, until it sleeps: some 5 ms, longer than Python takes from layer to layer, and
#: shorter than the 10 ms and more for which GNU OpenMP's and onnxruntime's threads wait.
PATIENCE = atomics.PAUSES + 8000


def words(workers: int) -> np.ndarray:
    """What a team of so many workers shares."""
    return np.zeros(ASLEEP + APART * workers, np.int64)


@subroutine
def lead(words, seats, entry, args):
    """Works a job with up to `seats` helpers; nonzero if one of them raised, or the caller."""
    words[ENTRY], words[ARGS] = entry, args
    words[NEXT] = words[FINISHED] = words[FAILED] = 0
    atomics.store(words, SEATS, seats)
    work(words)
    taken = seats - atomics.exchange(words, SEATS, 0)
    waited = 0
    while atomics.load(words, FINISHED) != taken:
        atomics.rest(waited)
        waited += 1
    return atomics.load(words, FAILED)


@subroutine
def work(words):
    if call(words[ENTRY], words[ARGS]):
        atomics.store(words, FAILED, 1)


@subroutine
def take(words):
    """The number of a range that nobody has taken."""
    return atomics.add(words, NEXT, 1)


@kernel
def attend(words, worker):
    """Waits for seats, takes them, and works, until nobody has wanted anything for a while."""
    waited = 0
    while waited < PATIENCE and not atomics.load(words, LEAVE):
        seats = atomics.load(words, SEATS)
        if seats == 0:
            atomics.rest(waited)
            waited += 1
        elif atomics.replace(words, SEATS, seats, seats - 1):
            work(words)
            atomics.add(words, FINISHED, 1)
            waited = 0
    atomics.store(words, ASLEEP + APART * worker, 1)
