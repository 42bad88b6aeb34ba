"""The demo's report: one HTML page that needs nothing else, and the same as JSON."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jinja2
import numpy as np

from dwbridge.cli.demo.line_chart import Series, line_chart
from dwbridge.cli.demo.png import data_uri, gray_png
from dwbridge.cli.demo.results import GOAL, DemoResult, missing_runtimes
from dwbridge.exporters.verification.chart import error_chart
from dwbridge.exporters.verification.table import inputs_text, units_text
from dwbridge.serializers import write_atomically

TEMPLATE = "report.html"


def write_reports(result: DemoResult, out: Path) -> list[Path]:
    """Writes `report.html` and `report.json`.

    Returns:
        The paths of both.
    """
    texts = {"report.html": page(result), "report.json": json.dumps(result.to_dict(), indent=2) + "\n"}
    for name, text in texts.items():
        _write(out / name, text)
    return [out / name for name in texts]


def page(result: DemoResult) -> str:
    """The HTML document."""
    source = resources.files("dwbridge.cli.demo").joinpath(TEMPLATE).read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"units": units_text, "inputs": inputs_text, "picture": picture}
    return environment.from_string(source).render(
        result=result,
        goal=GOAL,
        worst=worst_units(result),
        curves=learning_curves(result),
        errors=error_chart(result.verification),
        missing=missing_runtimes(result.verification),
    )


def learning_curves(result: DemoResult) -> list[str]:
    """Two charts over the epochs: loss on a logarithmic axis, and accuracy."""
    log = result.training.log
    charts = []
    for title, key, goal in (("Loss (cross entropy)", "loss", None), ("Accuracy", "accuracy", GOAL)):
        series = [
            Series(name, [entry[prefix + key] for entry in log])
            for name, prefix in (("training part", "main/"), ("held-out part", "validation/main/"))
        ]
        charts.append(line_chart(title, series, logarithmic=key == "loss", goal=goal))
    return charts


def worst_units(result: DemoResult) -> float | None:
    """The largest error of all runtimes, whole or by node, in units of the bound."""
    runtimes = result.verification.runtimes
    measured = [entry for runtime in runtimes for entry in (runtime.worst_whole, runtime.worst_node)]
    return max((entry.units for entry in measured if entry is not None and entry.units is not None), default=None)


def picture(image: np.ndarray) -> str:
    """An image (8, 8) in 0..1 as an address that holds it."""
    return data_uri(gray_png(np.round(image * 255).astype(np.uint8)))


def _write(path: Path, text: str) -> None:
    write_atomically(path, lambda file: file.write(text.encode()))
