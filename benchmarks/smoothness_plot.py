"""The plot of `smoothness_cpu.py`: nanoseconds per product and per byte over H and over C.

python benchmarks/smoothness_plot.py RESULT.json FILE.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PANELS = [(operation, unit) for operation in ("forward", "backward") for unit in ("ns_per_product", "ns_per_byte")]


def plot(result: dict[str, Any], file: Path) -> None:
    """Draws a panel for each operation, unit and sweep; a line for each kernel and stride."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 18), layout="constrained")
    for line, (operation, unit) in zip(figure.subplots(len(PANELS), 2), PANELS):
        for panel, sweep in zip(line, ("H", "C")):
            _panel(panel, [p for p in result["points"] if (p["operation"], p["sweep"]) == (operation, sweep)], unit)
            panel.set_title(f"{operation}, over {sweep}")
            panel.set_ylabel(unit.replace("_", " "))
    machine = result["machine"]
    figure.suptitle(f"depthwise convolution, {result['threads']} thread(s); {machine['processor']}, {machine['date']}")
    figure.savefig(file, dpi=90)


def _panel(panel: Any, points: list[dict[str, Any]], unit: str) -> None:
    for kernel, stride in sorted({(point["kernel"], point["stride"]) for point in points}):
        chosen = [point for point in points if (point["kernel"], point["stride"]) == (kernel, stride)]
        label, style = f"{kernel}x{kernel}, stride {stride}", "-" if stride == 1 else "--"
        panel.plot([p["at"] for p in chosen], [p[unit] for p in chosen], style, linewidth=1, label=label)
    panel.set_xscale("log", base=2)
    panel.set_yscale("log")
    panel.legend(fontsize=7)


if __name__ == "__main__":
    plot(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
