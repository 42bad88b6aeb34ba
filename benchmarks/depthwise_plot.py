"""The plot of `depthwise_cpu.py`: for each shape, how many times as long the peers take as dwbridge.

python benchmarks/depthwise_plot.py RESULT.json FILE.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from depthwise_report import AIMS

from dwbridge.cli.bench.rows import best

PEERS = ("torch", "onnxruntime", "chainer", "copy")


def plot(result: dict[str, Any], file: Path) -> None:
    """Draws a panel for each operation and number of threads."""
    from matplotlib.figure import Figure

    counts = sorted({row["threads"] for row in result["rows"]})
    figure = Figure(figsize=(9 * len(counts), 9), layout="constrained")
    panels = figure.subplots(len(AIMS), len(counts), squeeze=False, sharey="row")
    for line, (operation, _, aim) in zip(panels, AIMS):
        for panel, threads in zip(line, counts):
            rows = [row for row in result["rows"] if (row["operation"], row["threads"]) == (operation, threads)]
            _panel(panel, rows)
            panel.axhline(aim, color="0.6", linestyle=":")
            panel.set_title(f"{operation}, {threads} thread(s); dotted: the aim, in the geometric mean")
    figure.suptitle(
        f"time of the peer / time of dwbridge; {result['machine']['processor']}, {result['machine']['date']}"
    )
    figure.savefig(file, dpi=110)


def _panel(panel: Any, rows: list[dict[str, Any]]) -> None:
    labels = [f"{row['shape']}  n{row['batch']}" for row in rows]
    for number, peer in enumerate(PEERS):
        points = [(i, value) for i, row in enumerate(rows) if (value := best(row, peer))]
        if points:
            panel.plot(*zip(*points), f"C{number}o-", markersize=3, linewidth=0.8, label=peer)
    panel.axhline(1, color="black", linewidth=1)
    panel.set_yscale("log")
    panel.set_xticks(range(len(labels)), labels, rotation=90, fontsize=5)
    panel.legend()


if __name__ == "__main__":
    plot(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
