"""What a verification found: plain data, from single measurements up to the verdict."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from dwbridge.serializers.atomic import write_atomically

LIMIT = 1.0  # above the bound there is no rounding that explains it


@dataclass(frozen=True)
class Measurement:
    """One runtime's error on one set of inputs.

    Attributes:
        runtime: the runtime's name.
        batch: first dimension of the first input.
        inputs: `'random'` or `'given'`.
        units: the error in units of the bound; inf where the runtime gave up; None where it has no kernel, or where
            there is no bound.
        max_abs_error: the largest absolute difference from the float64 oracle; None where there is no result.
        reason: why there are no units, in the runtime's own words where it gave up; None where there are.
        spread: the largest difference between runs on the same inputs; None where there was one run, or no result.
    """

    runtime: str
    batch: int
    inputs: str
    units: float | None
    max_abs_error: float | None
    reason: str | None
    spread: float | None = field(default=None, kw_only=True)

    @property
    def exceeds(self) -> bool:
        """Whether the error is more than rounding explains."""
        return self.units is not None and not self.units <= LIMIT


M = TypeVar("M", bound=Measurement)


@dataclass(frozen=True)
class NodeError(Measurement):
    """The error of one node, isolated: fed the oracle's values, rounded to the model's type."""

    index: int
    name: str
    op_type: str


@dataclass(frozen=True)
class RuntimeResult:
    """What one runtime did.

    Attributes:
        name: the runtime's name.
        demanded: whether it was asked for by name.
        missing: why it does not run here, with the mend; None where it runs.
        whole: one measurement for each set of inputs, of the whole network against the propagated bound.
        nodes: one for each node and set of inputs, in graph order.
    """

    name: str
    demanded: bool
    missing: str | None
    whole: tuple[Measurement, ...] = ()
    nodes: tuple[NodeError, ...] = ()

    @property
    def verdict(self) -> str:
        """`'missing'`, `'failed'`, `'no kernel'` or `'no bound'` (for something; nothing failed), or `'passed'`."""
        measurements = [*self.whole, *self.nodes]
        if self.missing is not None:
            return "missing"
        if any(measurement.exceeds for measurement in measurements):
            return "failed"
        if self.no_kernel is not None:
            return "no kernel"
        return "passed" if self.no_bound is None else "no bound"

    @property
    def worst_whole(self) -> Measurement | None:
        """The largest whole-network error; None if there is none."""
        return worst(self.whole)

    @property
    def worst_node(self) -> NodeError | None:
        """The largest error of an isolated node; None if there is none."""
        return worst(self.nodes)

    @property
    def spread(self) -> float | None:
        """The largest difference between runs on the same inputs; None where nothing was run twice."""
        spreads = [entry.spread for entry in (*self.whole, *self.nodes) if entry.spread is not None]
        return max(spreads, default=None)

    @property
    def no_kernel(self) -> Measurement | None:
        """The first thing for which the runtime has no kernel; None if there is none."""
        return next((entry for entry in self._without_units if entry.max_abs_error is None), None)

    @property
    def no_bound(self) -> Measurement | None:
        """The first thing that the runtime computed but that has no finite bound to be judged by; None if none."""
        return next((entry for entry in self._without_units if entry.max_abs_error is not None), None)

    @property
    def _without_units(self) -> list[Measurement]:
        return [entry for entry in (*self.nodes, *self.whole) if entry.units is None]


@dataclass(frozen=True)
class Verification:
    """The outcome of `exporters.verify`. `print` shows it as a table.

    Attributes:
        model: what was verified: a file's name, or the graph's.
        dtype: the graph's floating types, as text.
        opset: opset of the ONNX domain.
        nodes: `(name, op_type)` of every node, in graph order.
        batches: the batch size of every set of inputs.
        seed: seed of the random inputs.
        runtimes: every runtime that was considered, those that are missing too.
        environment: `{what: version}`.
    """

    model: str
    dtype: str
    opset: int
    nodes: tuple[tuple[str, str], ...]
    batches: tuple[int, ...]
    seed: int
    runtimes: tuple[RuntimeResult, ...]
    environment: dict[str, str]

    @property
    def passed(self) -> bool:
        """True if a runtime passed, none that is here failed, and every one that was demanded passed."""
        verdicts = [runtime.verdict for runtime in self.runtimes]
        demanded = [runtime.verdict for runtime in self.runtimes if runtime.demanded]
        return "failed" not in verdicts and "passed" in verdicts and set(demanded) <= {"passed"}

    @property
    def first_divergence(self) -> NodeError | None:
        """The first node, in graph order, whose error exceeds the bound; its worst measurement there.

        None where no node does. A runtime can fail nevertheless: then its whole network exceeds its bound while each
        node alone does not, as when it rewrites the graph wrongly.
        """
        beyond = [node for runtime in self.runtimes for node in runtime.nodes if node.exceeds]
        first = min((node.index for node in beyond), default=None)
        return worst(node for node in beyond if node.index == first)

    def __str__(self) -> str:
        from dwbridge.exporters.verification.table import table

        return table(self)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain Python data that JSON can hold: infinity and NaN are the strings `'inf'` and `'nan'`."""
        found = asdict(self)
        for entry, runtime in zip(found["runtimes"], self.runtimes, strict=True):
            entry["verdict"] = runtime.verdict
        divergence = self.first_divergence
        found |= {"passed": self.passed, "first_divergence": asdict(divergence) if divergence else None}
        return _plain(found)

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """`to_dict` as JSON text; with a path, it is written there too, whole or not at all.

        Raises:
            OSError: if the file cannot be written.
        """
        text = json.dumps(self.to_dict(), indent=2, allow_nan=False) + "\n"
        if path is not None:
            write_atomically(path, lambda file: file.write(text.encode()))
        return text

    def save_html(self, path: str | os.PathLike[str]) -> None:
        """Writes the report: one page that needs nothing else, whole or not at all.

        Raises:
            OSError: if the file cannot be written.
        """
        from dwbridge.exporters.verification.report import report

        page = report(self).encode()
        write_atomically(path, lambda file: file.write(page))


def worst(measurements: Iterable[M]) -> M | None:
    """The measurement with the most units, the first of equals; None where there is none with a result."""
    return max((entry for entry in measurements if entry.units is not None), key=_rank, default=None)


def _rank(measurement: Measurement) -> float:
    units = measurement.units
    return math.inf if units is None or math.isnan(units) else units


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
