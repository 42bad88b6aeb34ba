"""Curves over epochs, drawn as SVG text: a legend at the top, a grid, one line with a dot at its end for each series.

Everything is a pure function of its arguments. The drawing carries its own style sheet, light and dark, under the class
`dw-curve`, and takes its font from the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 520, 280
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 44, 34

STYLE = """
.dw-curve { --ink: #1d2430; --soft: #67707e; --line: #dfe3e9; --series0: #1f6fd6; --series1: #c2570c;
  font-size: 12px;
  fill: var(--ink); }
@media (prefers-color-scheme: dark) { .dw-curve { --ink: #e6e9ee; --soft: #99a3b1; --line: #343b46; --series0: #6cacff;
  --series1: #ffa557; } }
.dw-curve .title { font-weight: 600; font-size: 13px; }
.dw-curve .soft { fill: var(--soft); font-size: 11px; }
.dw-curve .grid { stroke: var(--line); }
.dw-curve .goal { stroke: var(--soft); stroke-dasharray: 4 3; }
.dw-curve .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.dw-curve .series0 { stroke: var(--series0); } .dw-curve .fill0 { fill: var(--series0); }
.dw-curve .series1 { stroke: var(--series1); } .dw-curve .fill1 { fill: var(--series1); }
"""


@dataclass(frozen=True)
class Series:
    """A named curve: its values at x = 1, 2, 3, ..."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True)
class Axis:
    """The range of values, where its grid lines are, and whether it is logarithmic."""

    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """Where a value lies, from 0 (low) to 1 (high)."""
        scale: Callable[[float], float] = math.log10 if self.logarithmic else float
        low, high = scale(self.low), scale(self.high)
        return (scale(min(max(value, self.low), self.high)) - low) / (high - low)


def line_chart(title: str, series: Sequence[Series], *, logarithmic: bool = False, goal: float | None = None) -> str:
    """Draws curves over epochs.

    Args:
        title: over the drawing.
        series: at most two curves of one length; values must be finite, and positive on a logarithmic axis.
        logarithmic: whether the axis of the values is.
        goal: a dashed line at this value.

    Returns:
        An `<svg>` element as text.

    Example:
        >>> svg = line_chart('loss', [Series('training', [1.0, 0.5])])
        >>> svg.startswith('<svg'), svg.count('<polyline')
        (True, 1)
    """
    values = [value for one in series for value in one.values] + ([] if goal is None else [goal])
    axis = logarithmic_axis(min(values), max(values)) if logarithmic else linear_axis(min(values), max(values))
    epochs = max(len(one.values) for one in series)
    parts = [
        f'<text class="title" x="0" y="14">{escape(title)}</text>',
        *_legend(series),
        *_grid(axis, epochs),
        *([] if goal is None else [_horizontal(_y(axis, goal), "goal")]),
        *(part for index, one in enumerate(series) for part in _curve(index, one, axis, epochs)),
    ]
    return (
        f'<svg class="dw-curve" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}"><style>{STYLE}</style>{"".join(parts)}</svg>'
    )


def linear_axis(low: float, high: float) -> Axis:
    """An axis over the values with about five round grid lines.

    >>> linear_axis(0.62, 0.99).ticks
    (0.6, 0.7, 0.8, 0.9, 1.0)
    """
    if low == high:
        low, high = low - 0.5, high + 0.5
    step = _round_step((high - low) / 5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(k * step, 10) for k in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks)


def logarithmic_axis(low: float, high: float) -> Axis:
    """An axis over positive values, with grid lines at 1 and 3 of every decade.

    >>> logarithmic_axis(0.02, 1.1).ticks
    (0.01, 0.03, 0.1, 0.3, 1, 3)
    """
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    marks = [float(f"{mantissa}e{decade}") for decade in decades for mantissa in (1, 3)]
    below = max(mark for mark in marks if mark <= low)
    above = min(mark for mark in [*marks, 10 * marks[-2]] if mark >= high and mark > below)
    ticks = tuple(int(mark) if mark >= 1 else mark for mark in marks if below <= mark <= above)
    return Axis(below, above, ticks, logarithmic=True)


def _round_step(step: float) -> float:
    """The next of 1, 2, 5, 10 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


def _x(epoch: float, epochs: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * ((epoch - 1) / (epochs - 1) if epochs > 1 else 0.5)


def _y(axis: Axis, value: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - axis.share(value))


def _legend(series: Sequence[Series]) -> Iterator[str]:
    x = LEFT
    for index, one in enumerate(series):
        yield f'<line class="curve series{index}" x1="{x}" x2="{x + 16}" y1="30" y2="30"/>'
        yield f'<text class="soft" x="{x + 21}" y="34">{escape(one.name)}</text>'
        x += 40 + 7 * len(one.name)


def _grid(axis: Axis, epochs: int) -> Iterator[str]:
    for tick in axis.ticks:
        y = _y(axis, tick)
        yield _horizontal(y, "grid")
        yield f'<text class="soft" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
    for epoch in range(1, epochs + 1, math.ceil(epochs / 15)):
        yield f'<text class="soft" x="{_x(epoch, epochs):.1f}" y="{HEIGHT - 16}" text-anchor="middle">{epoch}</text>'
    yield f'<text class="soft" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 2}" text-anchor="middle">epoch</text>'


def _horizontal(y: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _curve(index: int, series: Series, axis: Axis, epochs: int) -> Iterator[str]:
    points = [(_x(epoch, epochs), _y(axis, value)) for epoch, value in enumerate(series.values, 1)]
    yield f'<polyline class="curve series{index}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'
    for epoch, ((x, y), value) in enumerate(zip(points, series.values, strict=True), 1):
        title = f"<title>{escape(series.name)}, epoch {epoch}: {value:.4g}</title>"
        radius = 4 if epoch == epochs else 2.5
        yield f'<circle class="fill{index}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}">{title}</circle>'
