"""Recording: every function application of a thread, in order, with its variables.

This is how a network is traced. Backward passes are made of functions, so they are recorded like everything else.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dwbridge.autograd.function_node import FunctionNode
    from dwbridge.autograd.variable import Variable


class Record(NamedTuple):
    """One application of a function."""

    function: FunctionNode
    inputs: tuple[Variable, ...]
    outputs: tuple[Variable, ...]


class Tape(list[Record]):
    """The recorded applications, first to last. It keeps their variables, and so their arrays, alive."""


class _Tapes(threading.local):
    def __init__(self) -> None:
        self.open: list[Tape] = []


_tapes = _Tapes()


@contextlib.contextmanager
def recording() -> Iterator[Tape]:
    """Records every function that this thread applies in the `with` block.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> with recording() as tape:
        ...     y = F.relu(F.neg(np.array([1., -2.])))
        >>> [record.function.label for record in tape]
        ['Neg', 'ReLU']
    """
    tape = Tape()
    _tapes.open.append(tape)
    try:
        yield tape
    finally:
        # by identity: two empty tapes are equal lists
        _tapes.open[:] = [other for other in _tapes.open if other is not tape]


def record(function: FunctionNode, inputs: Sequence[Variable], outputs: tuple[Variable, ...]) -> None:
    """Adds an application to every open tape of this thread."""
    for tape in _tapes.open:
        tape.append(Record(function, tuple(inputs), outputs))
