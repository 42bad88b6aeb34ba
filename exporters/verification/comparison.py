"""Runtimes against the float64 oracle: the whole network, and every node alone."""

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np
from onnx import ModelProto

from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.runtimes import NoKernelError, Run, RunError, Runtime
from dwbridge.exporters.verification.feeds import Feed
from dwbridge.exporters.verification.isolate import IsolatedNode, Trial
from dwbridge.exporters.verification.oracle import float64_values
from dwbridge.exporters.verification.propagate import propagated_bounds
from dwbridge.exporters.verification.results import LIMIT, Measurement, NodeError
from dwbridge.exporters.verification.units import error_in_units, largest_error
from dwbridge.exporters.verification.value_types import value_types

#: (which feed, the roundoff of matrix products or None) -> what runtimes are fed, and measured against
TrialOf = Callable[[int, float | None], Trial]


class Comparison:
    """A model with the oracle's answers on some inputs, ready to have runtimes measured against them.

    Every value of the network on every feed is held in float64 while the comparison lives.

    Args:
        model: the model, valid and with its tensors inside.
        feeds: the inputs.

    Raises:
        UnsupportedError: for nodes that `exporters.load` does not take.
        BridgeError: for values whose type ONNX cannot infer.
    """

    def __init__(self, model: ModelProto, feeds: Sequence[Feed]) -> None:
        self.model = model
        self.graph = Graph.of(model)
        self.feeds = list(feeds)
        self._types = value_types(model)
        self._values = [float64_values(model, feed.arrays) for feed in feeds]

    def whole(self, runtimes: Sequence[Runtime]) -> list[Measurement]:
        """Every runtime's error of the whole network on every feed, in units of the propagated bound."""
        return self._measured(self.model, runtimes, self._trial)

    def nodes(self, runtimes: Sequence[Runtime]) -> list[NodeError]:
        """Every runtime's error of every isolated node on every feed, in graph order."""
        return [error for node in self.graph.nodes for error in self._node_errors(node, runtimes)]

    def _node_errors(self, node: Node, runtimes: Sequence[Runtime]) -> list[NodeError]:
        alone = IsolatedNode(node, self.graph, self.model, self._types, self._values)
        measurements = self._measured(
            alone.model, runtimes, lambda index, products: alone.trial(self._values[index], products)
        )
        return [
            NodeError(**vars(measurement), index=node.index, name=node.name, op_type=node.op_type)
            for measurement in measurements
        ]

    def _trial(self, index: int, products: float | None) -> Trial:
        values = self._values[index]
        bounds = propagated_bounds(self.graph, values, self._types, products)
        names = [value.name for value in self.graph.outputs]
        truth = [values[name] for name in names]
        # An output that no node computes (a graph input passed through) is exact.
        return Trial(
            self.feeds[index].arrays,
            truth,
            [bounds.get(name, np.zeros(y64.shape)) for name, y64 in zip(names, truth, strict=True)],
            [self._types[name] for name in names],
        )

    def _measured(self, model: ModelProto, runtimes: Sequence[Runtime], trial: TrialOf) -> list[Measurement]:
        trial = functools.cache(trial)  # runtimes of one roundoff share their trials
        return [
            Measurement(runtime.name, feed.batch, feed.inputs, units, difference, reason, spread=spread)
            for runtime in runtimes
            for feed, (units, difference, reason, spread) in zip(
                self.feeds, _outcomes(runtime, model, self._trials(runtime, trial)), strict=True
            )
        ]

    def _trials(self, runtime: Runtime, trial: TrialOf) -> list[Trial]:
        products = getattr(runtime, "unit_roundoff", None)
        return [trial(index, products) for index in range(len(self.feeds))]


Outcome = tuple[float | None, float | None, str | None, float | None]  # units, max_abs_error, reason, spread

UNBOUNDED = "the sums are so long for this type that rounding may do anything (n u >= 1)"


def _outcomes(runtime: Runtime, model: ModelProto, trials: Sequence[Trial]) -> list[Outcome]:
    try:
        run = runtime.prepare(model)
    except NoKernelError as error:
        return [(None, None, str(error), None)] * len(trials)
    except RunError as error:
        return [(math.inf, None, str(error), None)] * len(trials)
    return [_outcome(run, trial, getattr(runtime, "repeats", 1)) for trial in trials]


def _outcome(run: Run, trial: Trial, repeats: int) -> Outcome:
    try:
        with np.errstate(all="ignore"):
            runs = [run(trial.feeds) for _ in range(repeats)]
    except NoKernelError as error:
        return None, None, str(error), None
    except RunError as error:
        return math.inf, None, str(error), None
    mismatch = next(filter(None, (_mismatch(outputs, trial) for outputs in runs)), None)
    if mismatch is not None:
        return math.inf, None, mismatch, None
    units = max(max(map(error_in_units, outputs, trial.truth, trial.bounds)) for outputs in runs)
    difference = max(max(map(largest_error, outputs, trial.truth)) for outputs in runs)
    spread = max((max(map(largest_error, outputs, runs[0])) for outputs in runs[1:]), default=None)
    if units <= LIMIT and _unbounded(trial):
        return None, difference, UNBOUNDED, spread
    return units, difference, None, spread


def _unbounded(trial: Trial) -> bool:
    # A quotient by an infinite bound is 0, which would pass whatever came.
    return any(np.isinf(bound[np.isfinite(y64)]).any() for y64, bound in zip(trial.truth, trial.bounds, strict=True))


def _mismatch(outputs: Sequence[np.ndarray], trial: Trial) -> str | None:
    """What is wrong with the number, types or shapes of a runtime's outputs; None if nothing is."""
    expected = [f"{dtype.name} {y64.shape}" for dtype, y64 in zip(trial.dtypes, trial.truth, strict=True)]
    came = [f"{y.dtype.name} {y.shape}" for y in outputs]
    return None if came == expected else f"expected outputs {', '.join(expected)}, came {', '.join(came)}"
