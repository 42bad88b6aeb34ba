"""The chart and the page: what is drawn where, and names that are not markup."""

import math
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from small_models import one_node

from dwbridge import exporters
from dwbridge.exporters.verification.chart import EDGE, PANEL, Panel, Scale, node_chart
from dwbridge.exporters.verification.report import report

SVG = "{http://www.w3.org/2000/svg}"


def marks(*units: float | None) -> list[tuple[str, str | None]]:
    """(element, class) of every mark of a chart with one row for each number."""
    svg = node_chart([f"node {k}" for k in range(len(units))], [Panel("runtime", "passed", units)])
    return [
        (element.tag.removeprefix(SVG), element.get("class"))
        for element in ET.fromstring(svg).iter()
        if element.tag in (f"{SVG}circle", f"{SVG}path")
    ]


def test_every_kind_of_error_has_its_mark() -> None:
    found = marks(0.0, 0.5, 1.0, 1.5, math.inf, math.nan, None)
    good, bad, triangle = ("circle", "good"), ("circle", "bad"), ("path", "bad")
    assert found == [("circle", "exact"), good, good, bad, triangle, triangle]


def test_errors_lie_on_a_logarithmic_axis_and_stay_on_it() -> None:
    scale = Scale(-2, 2)
    assert scale.x(1.0) == PANEL / 2
    assert scale.x(10.0) - scale.x(1.0) == pytest.approx(scale.x(1.0) - scale.x(0.1))
    assert scale.x(1e-30) == EDGE
    assert scale.x(1e30) == PANEL - EDGE


def test_a_long_note_has_room() -> None:
    narrow, wide = (ET.fromstring(node_chart([], [], ["w" * length])) for length in (10, 200))
    assert float(wide.get("width", 0)) - float(narrow.get("width", 0)) == pytest.approx(190 * 5.8, abs=1)


def test_an_empty_chart_is_a_chart() -> None:
    ET.fromstring(node_chart([], [], ["nothing is here"]))


def test_names_from_a_file_are_not_markup() -> None:
    name = "<script>alert('&')</script>"
    model = one_node("Relu", {"x": np.ones((2, 3), "f")})
    model.graph.node[0].name = name
    page = report(exporters.verify(model, runtimes=["reference"]))
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 3


def test_the_page_gives_the_reason_of_what_is_missing_or_has_no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    model = one_node("Conv", {"x": np.ones((1, 1, 3, 3))}, {"w": np.ones((1, 1, 2, 2))})
    page = report(exporters.verify(model))
    assert "a GPU device needs CuPy, which cannot be imported" in page
    assert "onnxruntime-cpu has no kernel for node 0" in page
