"""Everything the demo found: plain data, the checks of every step, the verdict."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from dwbridge.cli.demo.bridge import Export, RoundTrip
from dwbridge.cli.demo.checks import Check
from dwbridge.cli.demo.samples import Sample
from dwbridge.cli.demo.training import FineTuning, Training
from dwbridge.exporters.verification.results import Measurement, RuntimeResult, Verification
from dwbridge.exporters.verification.table import inputs_text, units_text

GOAL = 0.97


@dataclasses.dataclass(frozen=True)
class DemoResult:
    """What every step gave, in order."""

    seed: int
    epochs: int
    training: Training
    export: Export
    round_trip: RoundTrip
    verification: Verification
    fine_tuning: FineTuning
    samples: list[Sample]
    seconds: float

    @property
    def files(self) -> list[Path]:
        """The snapshot and the ONNX file."""
        return [self.export.npz, self.export.onnx]

    @property
    def steps(self) -> list[tuple[str, list[Check]]]:
        """The steps that claim something, with their checks."""
        return [
            ("train", [_accuracy(self.training)]),
            ("export", self.export.checks),
            ("load back", self.round_trip.checks),
            ("verify", [_runtime(runtime) for runtime in self.verification.runtimes if runtime.missing is None]),
            ("train further", [_loss(self.fine_tuning)]),
        ]

    @property
    def problems(self) -> list[str]:
        """What did not hold, one line each."""
        problems = [f"{check.claim}: {check.found}" for _, checks in self.steps for check in checks if not check.held]
        return problems if problems or self.verification.passed else ["verification did not pass"]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data for JSON."""
        return {
            "passed": not self.problems,
            "problems": self.problems,
            "seed": self.seed,
            "epochs": self.epochs,
            "seconds": self.seconds,
            "steps": [
                {"step": step, "checks": [dataclasses.asdict(check) for check in checks]} for step, checks in self.steps
            ],
            "training": {
                "accuracy": self.training.accuracy,
                "seconds": self.training.seconds,
                "log": self.training.log,
            },
            "files": self.file_sizes(),
            "fine_tuning": dataclasses.asdict(self.fine_tuning),
            "verification": self.verification.to_dict(),
        }

    def file_sizes(self) -> dict[str, int]:
        """Bytes of the snapshot and of the ONNX file, by name."""
        return {path.name: path.stat().st_size for path in self.files}


def missing_runtimes(verification: Verification) -> list[tuple[str, str]]:
    """Name and reason of every runtime that is not here."""
    return [(runtime.name, runtime.missing) for runtime in verification.runtimes if runtime.missing]


def _accuracy(training: Training) -> Check:
    correct = round(training.accuracy * training.held_out)
    found = f"{training.accuracy:.4f} ({correct} of {training.held_out})"
    return Check(f"held-out accuracy >= {GOAL}", training.accuracy >= GOAL, found)


def _runtime(runtime: RuntimeResult) -> Check:
    """Whether a runtime's errors, of the whole network and of every node alone, are within the bound."""
    whole, node = runtime.worst_whole, runtime.worst_node
    found = f"{runtime.verdict}: {_worst(whole, 'whole')}, {_worst(node, node.name if node else 'by node')}"
    return Check(f"{runtime.name} <= 1 unit", runtime.verdict == "passed", found)


def _worst(measurement: Measurement | None, what: str) -> str:
    if measurement is None:
        return f"nothing measured {what}"
    return f"{units_text(measurement.units)} {what} at {inputs_text(measurement)}"


def _loss(tuning: FineTuning) -> Check:
    found = f"{tuning.loss_before:.5f} before, {tuning.loss_after:.5f} after"
    return Check("lower loss than before", tuning.loss_after < tuning.loss_before, found)
