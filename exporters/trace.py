"""Tracing: one forward pass of a link in inference mode, as a list of function applications between named values."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from dwbridge.autograd import Record, Variable, recording
from dwbridge.backend import CpuDevice, is_array
from dwbridge.configuration import no_backprop_mode, using_config
from dwbridge.exporters.errors import BridgeError
from dwbridge.exporters.network import Network, Step
from dwbridge.links import Link


@dataclasses.dataclass(frozen=True)
class Trace:
    """What a forward pass did.

    Attributes:
        inputs: the network's inputs.
        outputs: what it returned.
        records: the applications that lead to an output, in order.
        named: (path, array) of every parameter and persistent array of the link; `conv/W`, without leading slash.
        node_names: identity of an output variable -> (name of the node that gives it, name of the value), where the
            link is a loaded network and its file had names.
    """

    inputs: tuple[Variable, ...]
    outputs: tuple[Variable, ...]
    records: tuple[Record, ...]
    named: tuple[tuple[str, np.ndarray], ...]
    node_names: dict[int, tuple[str, str]]


def trace(link: Link, args: Sequence[np.ndarray]) -> Trace:
    """Runs a link on example inputs and writes down what it computes.

    Args:
        link: a link; parameters that are not initialised yet become so.
        args: one array for each argument of the link.

    Raises:
        BridgeError: if the link does not return variables, or lives on a GPU.
    """
    inputs = tuple(Variable(x, requires_grad=False) for x in args)
    with using_config("train", False), no_backprop_mode(), recording() as tape, _observed(link) as node_names:
        outputs = tuple(_outputs(link(*inputs)))
    named = tuple(_named_arrays(link))
    return Trace(inputs, outputs, _leading_to(outputs, tape), named, node_names)


@contextlib.contextmanager
def _observed(link: Link) -> Iterator[dict[int, tuple[str, str]]]:
    """Collects the names that a loaded network knows its results by. The tape keeps the variables alive."""
    names: dict[int, tuple[str, str]] = {}

    def collect(step: Step, results: tuple[Variable, ...]) -> None:
        names.update((id(y), (step.name, value)) for y, value in zip(results, step.outputs, strict=False))

    if not isinstance(link, Network):
        yield names
        return
    link.on_step = collect
    try:
        yield names
    finally:
        link.on_step = None


def as_arguments(args: Any) -> tuple[np.ndarray, ...]:
    """Example inputs as arrays: one array or variable, or a sequence of them.

    Raises:
        BridgeError: for anything else.
    """
    values = args if isinstance(args, (tuple, list)) else (args,)
    arrays = tuple(getattr(value, "array", value) for value in values)
    for array in arrays:
        if not is_array(array):
            raise BridgeError(f"example inputs must be arrays or variables, got {type(array).__name__}")
    return tuple(CpuDevice().send(array) for array in arrays)


def _outputs(result: Any) -> Iterator[Variable]:
    if isinstance(result, Variable):
        yield result
    elif isinstance(result, Mapping):
        yield from _outputs(tuple(result.values()))
    elif isinstance(result, (tuple, list)) and result:
        for value in result:
            yield from _outputs(value)
    else:
        raise BridgeError(f"the link must return variables, it returned {type(result).__name__}")


def _leading_to(outputs: Sequence[Variable], tape: Sequence[Record]) -> tuple[Record, ...]:
    """The records that an output depends on. Arrays count as well as variables: they may be passed on bare."""
    needed = {key for y in outputs for key in (id(y), id(y.array))}
    kept = []
    for record in reversed(tape):
        if any(id(y) in needed or id(y.array) in needed for y in record.outputs):
            needed.update(key for x in record.inputs for key in (id(x), id(x.array)))
            kept.append(record)
    return tuple(reversed(kept))


def _named_arrays(link: Link) -> Iterator[tuple[str, np.ndarray]]:
    for path, owner in link.namedlinks():
        prefix = path.strip("/")
        for name in sorted([*owner._params, *owner._persistent]):
            value = getattr(owner, name)
            array = getattr(value, "array", value)
            if is_array(array):
                if not isinstance(array, np.ndarray):
                    raise BridgeError("the link is on a GPU: move it with to_cpu() before exporting it")
                yield f"{prefix}/{name}" if prefix else name, array
