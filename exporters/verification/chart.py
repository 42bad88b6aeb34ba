"""Error of every node on every runtime, drawn as SVG text: rows are nodes, columns are runtimes, the axis is log units.

    dot        the error, in units of the bound; filled red beyond the line at 1
    ring       no error at all, at the left edge (a logarithm has no place for 0)
    triangle   infinitely wrong, at the right edge (NaN, an infinity, a crash)
    nothing    the runtime has no kernel for the node, or the node no finite bound

Everything is a pure function of its arguments. The drawing carries its own style sheet, light and dark, under the class
`dw-chart`, and takes its font from the page.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from dwbridge.exporters.verification.results import LIMIT, RuntimeResult, Verification, worst
from dwbridge.exporters.verification.table import reason_line, units_text

ROW, HEAD, FOOT, NOTE, GAP = 20, 46, 26, 18, 18
CHARACTER = 6.6  # width of a label's character, on average
NOTE_CHARACTER = 5.8  # and of a note's, which is smaller
LABEL_CHARACTERS = 40
PANEL = 190
EDGE = 12  # room inside a panel, left of the first and right of the last decade

STYLE = """
.dw-chart { --ink: #1d2430; --soft: #67707e; --line: #dfe3e9; --stripe: #f5f7fa; --good: #1f6fd6; --bad: #c8261b;
  --beyond: #fdeceb; font-size: 12px; fill: var(--ink); }
@media (prefers-color-scheme: dark) { .dw-chart { --ink: #e6e9ee; --soft: #99a3b1; --line: #343b46; --stripe: #1e242d;
  --good: #6cacff; --bad: #ff7a6e; --beyond: #3a2224; } }
.dw-chart .title { font-weight: 600; font-size: 13px; }
.dw-chart .soft { fill: var(--soft); font-size: 11px; }
.dw-chart .stripe { fill: var(--stripe); }
.dw-chart .beyond { fill: var(--beyond); }
.dw-chart .grid { stroke: var(--line); }
.dw-chart .limit { stroke: var(--bad); stroke-dasharray: 4 3; }
.dw-chart .stem { stroke: var(--good); stroke-opacity: .35; stroke-width: 2; }
.dw-chart .good { fill: var(--good); }
.dw-chart .bad { fill: var(--bad); }
.dw-chart .exact { fill: none; stroke: var(--good); stroke-width: 1.5; }
"""


@dataclass(frozen=True)
class Panel:
    """One runtime's column.

    Attributes:
        title: over the column.
        subtitle: under the title.
        units: one error for each row, in units of the bound; None where there is none.
    """

    title: str
    subtitle: str
    units: Sequence[float | None]


@dataclass(frozen=True)
class Scale:
    """The decades of the axis, from 10**low to 10**high, over a panel's width."""

    low: int
    high: int

    def x(self, units: float) -> float:
        """Where an error lies in a panel, in pixels from its left edge; 0 and infinity lie on the edges."""
        if units == 0:
            return EDGE / 2
        if not math.isfinite(units):
            return PANEL - EDGE / 2
        part = (math.log10(units) - self.low) / (self.high - self.low)
        return EDGE + (PANEL - 2 * EDGE) * min(max(part, 0.0), 1.0)


def error_chart(verification: Verification) -> str:
    """The chart of a verification: the worst of all inputs for each node and runtime; missing runtimes are noted below.

    Returns:
        An `<svg>` element as text, to be put into a page as it is.
    """
    here = [runtime for runtime in verification.runtimes if runtime.missing is None]
    rows = [f"{index}  {name or op_type}" for index, (name, op_type) in enumerate(verification.nodes)]
    panels = [Panel(runtime.name, runtime.verdict, worst_units(runtime, len(rows))) for runtime in here]
    notes = [line for runtime in verification.runtimes if (line := reason_line(runtime)) is not None]
    return node_chart(rows, panels, notes)


def worst_units(runtime: RuntimeResult, nodes: int) -> list[float | None]:
    """A runtime's largest error at each node, in units of the bound; None where it has no result for the node."""
    found = [worst(error for error in runtime.nodes if error.index == index) for index in range(nodes)]
    return [error.units if error is not None else None for error in found]


def node_chart(rows: Sequence[str], panels: Sequence[Panel], notes: Sequence[str] = ()) -> str:
    """Draws errors as dots on a logarithmic axis.

    Args:
        rows: a label for each row.
        panels: the columns; each has one entry for each row.
        notes: lines of text below.

    Returns:
        An `<svg>` element as text.

    Example:
        >>> svg = node_chart(['conv'], [Panel('reference', 'passed', [0.25])])
        >>> svg.startswith('<svg'), svg.count('<circle')
        (True, 1)
    """
    scale = _scale([units for panel in panels for units in panel.units])
    left = _label_width(rows)
    width = max(left + len(panels) * (PANEL + GAP), *(16 + NOTE_CHARACTER * len(note) for note in ("", *notes)))
    bottom = HEAD + len(rows) * ROW
    height = bottom + FOOT + NOTE * len(notes)
    parts = [
        *_stripes(rows, width),
        *(part for k, panel in enumerate(panels) for part in _panel(panel, scale, left + k * (PANEL + GAP), rows)),
        *(
            f'<text class="soft" x="8" y="{bottom + FOOT + NOTE * k + 10}">{escape(note)}</text>'
            for k, note in enumerate(notes)
        ),
    ]
    return (
        f'<svg class="dw-chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" '
        f'width="{width:.0f}" height="{height}" role="img" '
        f'aria-label="Error of every node in units of the rounding bound"><style>{STYLE}</style>{"".join(parts)}</svg>'
    )


def _scale(values: Sequence[float | None]) -> Scale:
    logs = [math.log10(units) for units in values if units is not None and 0 < units < math.inf]
    low = max(min([math.floor(log) for log in logs], default=-3), -8)
    high = min(max([math.ceil(log) for log in logs], default=1), 8)
    return Scale(min(low, -3), max(high, 1))


def _label_width(rows: Sequence[str]) -> float:
    return 16 + CHARACTER * min(max(map(len, rows), default=0), LABEL_CHARACTERS)


def _stripes(rows: Sequence[str], width: float) -> Iterator[str]:
    for index, row in enumerate(rows):
        y = HEAD + index * ROW
        if index % 2 == 0:
            yield f'<rect class="stripe" x="0" y="{y}" width="{width:.0f}" height="{ROW}"/>'
        short = row if len(row) <= LABEL_CHARACTERS else row[: LABEL_CHARACTERS - 1] + "…"
        yield f'<text x="8" y="{y + 14}"><title>{escape(row)}</title>{escape(short)}</text>'


def _panel(panel: Panel, scale: Scale, left: float, rows: Sequence[str]) -> Iterator[str]:
    yield f'<g transform="translate({left:.0f} 0)">'
    yield f'<text class="title" x="{EDGE}" y="16">{escape(panel.title)}</text>'
    yield f'<text class="soft" x="{EDGE}" y="32">{escape(panel.subtitle)}</text>'
    yield from _axis(scale, HEAD + len(rows) * ROW)
    for index, units in enumerate(panel.units):
        if units is not None:
            yield _mark(units, scale, HEAD + index * ROW + ROW / 2, f"{rows[index]}: {units_text(units)} units")
    yield "</g>"


def _axis(scale: Scale, bottom: int) -> Iterator[str]:
    limit = scale.x(LIMIT)
    yield f'<rect class="beyond" x="{limit:.1f}" y="{HEAD}" width="{PANEL - limit:.1f}" height="{bottom - HEAD}"/>'
    step = math.ceil((scale.high - scale.low) / 5)
    for decade in range(scale.low, scale.high + 1):
        x = scale.x(10.0**decade)
        kind = "limit" if decade == 0 else "grid"
        yield f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{HEAD}" y2="{bottom}"/>'
        if decade % step == 0:
            yield f'<text class="soft" x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">{_decade(decade)}</text>'


def _decade(exponent: int) -> str:
    if exponent in (0, 1):
        return str(10**exponent)
    return f'10<tspan dy="-4" font-size="8">{exponent}</tspan>'


def _mark(units: float, scale: Scale, y: float, title: str) -> str:
    x = scale.x(units)
    text = f"<title>{escape(title)}</title>"
    if units == 0:
        return f'<circle class="exact" cx="{x:.1f}" cy="{y:.0f}" r="3.5">{text}</circle>'
    if not math.isfinite(units):
        return f'<path class="bad" d="M{x - 5:.1f} {y - 5:.0f}l10 5l-10 5z">{text}</path>'
    kind = "good" if units <= LIMIT else "bad"
    stem = f'<line class="stem" x1="{EDGE}" x2="{x:.1f}" y1="{y:.0f}" y2="{y:.0f}"/>' if kind == "good" else ""
    return f'{stem}<circle class="{kind}" cx="{x:.1f}" cy="{y:.0f}" r="4">{text}</circle>'
