"""Runtimes against the float64 oracle: the whole network, and every node alone."""

import math
from collections.abc import Mapping, Sequence

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
        trials = [self._trial(feed, values) for feed, values in zip(self.feeds, self._values, strict=True)]
        return self._measured(self.model, runtimes, trials)

    def nodes(self, runtimes: Sequence[Runtime]) -> list[NodeError]:
        """Every runtime's error of every isolated node on every feed, in graph order."""
        return [error for node in self.graph.nodes for error in self._node_errors(node, runtimes)]

    def _node_errors(self, node: Node, runtimes: Sequence[Runtime]) -> list[NodeError]:
        alone = IsolatedNode(node, self.graph, self.model, self._types, self._values)
        measurements = self._measured(alone.model, runtimes, [alone.trial(values) for values in self._values])
        return [
            NodeError(**vars(measurement), index=node.index, name=node.name, op_type=node.op_type)
            for measurement in measurements
        ]

    def _trial(self, feed: Feed, values: Mapping[str, np.ndarray]) -> Trial:
        bounds = propagated_bounds(self.graph, values, self._types)
        names = [value.name for value in self.graph.outputs]
        truth = [values[name] for name in names]
        # An output that no node computes (a graph input passed through) is exact.
        return Trial(
            feed.arrays,
            truth,
            [bounds.get(name, np.zeros(y64.shape)) for name, y64 in zip(names, truth, strict=True)],
            [self._types[name] for name in names],
        )

    def _measured(self, model: ModelProto, runtimes: Sequence[Runtime], trials: Sequence[Trial]) -> list[Measurement]:
        return [
            Measurement(runtime.name, feed.batch, feed.inputs, *outcome)
            for runtime in runtimes
            for feed, outcome in zip(self.feeds, _outcomes(runtime, model, trials), strict=True)
        ]


Outcome = tuple[float | None, float | None, str | None]  # units, max_abs_error, reason

UNBOUNDED = "the sums are so long for this type that rounding may do anything (n u >= 1)"


def _outcomes(runtime: Runtime, model: ModelProto, trials: Sequence[Trial]) -> list[Outcome]:
    try:
        run = runtime.prepare(model)
    except NoKernelError as error:
        return [(None, None, str(error))] * len(trials)
    except RunError as error:
        return [(math.inf, None, str(error))] * len(trials)
    return [_outcome(run, trial) for trial in trials]


def _outcome(run: Run, trial: Trial) -> Outcome:
    try:
        with np.errstate(all="ignore"):
            outputs = run(trial.feeds)
    except NoKernelError as error:
        return None, None, str(error)
    except RunError as error:
        return math.inf, None, str(error)
    mismatch = _mismatch(outputs, trial)
    if mismatch is not None:
        return math.inf, None, mismatch
    units = max(map(error_in_units, outputs, trial.truth, trial.bounds))
    difference = max(map(largest_error, outputs, trial.truth))
    if units <= LIMIT and _unbounded(trial):
        return None, difference, UNBOUNDED
    return units, difference, None


def _unbounded(trial: Trial) -> bool:
    # A quotient by an infinite bound is 0, which would pass whatever came.
    return any(np.isinf(bound[np.isfinite(y64)]).any() for y64, bound in zip(trial.truth, trial.bounds, strict=True))


def _mismatch(outputs: Sequence[np.ndarray], trial: Trial) -> str | None:
    """What is wrong with the number, types or shapes of a runtime's outputs; None if nothing is."""
    expected = [f"{dtype.name} {y64.shape}" for dtype, y64 in zip(trial.dtypes, trial.truth, strict=True)]
    came = [f"{y.dtype.name} {y.shape}" for y in outputs]
    return None if came == expected else f"expected outputs {', '.join(expected)}, came {', '.join(came)}"
