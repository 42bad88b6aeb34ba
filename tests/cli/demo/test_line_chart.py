import xml.etree.ElementTree as ET

import pytest

from dwbridge.cli.demo.line_chart import Axis, Series, line_chart, linear_axis, logarithmic_axis


def test_it_is_well_formed_and_names_are_escaped() -> None:
    svg = line_chart("a < b", [Series("<one>", [0.5, 0.25, 0.125]), Series("two", [0.6, 0.3, 0.2])], goal=0.97)
    root = ET.fromstring(svg)
    names = "".join(root.itertext())
    assert "a < b" in names
    assert "<one>" in names
    lines = [element for element in root.iter() if element.tag.endswith("polyline")]
    assert [len(line.attrib["points"].split()) for line in lines] == [3, 3]
    assert svg.count('class="goal"') == 1


def test_higher_values_lie_higher() -> None:
    root = ET.fromstring(line_chart("t", [Series("s", [1.0, 2.0, 4.0])], logarithmic=True))
    (line,) = (element for element in root.iter() if element.tag.endswith("polyline"))
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert points == sorted(points)
    ys = [y for _, y in points]
    assert ys[0] - ys[1] == pytest.approx(ys[1] - ys[2], abs=0.11)  # a factor is a distance


def test_one_epoch_and_equal_values() -> None:
    ET.fromstring(line_chart("t", [Series("s", [0.5])]))
    ET.fromstring(line_chart("t", [Series("s", [0.5])], logarithmic=True))
    ET.fromstring(line_chart("t", [Series("s", [1.0, 1.0])], logarithmic=True))


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        (0.964, 0.996, (0.96, 0.97, 0.98, 0.99, 1.0)),
        (3, 3, (2.4, 2.6, 2.8, 3.0, 3.2, 3.4, 3.6)),
    ],
)
def test_linear_grid_lines_are_round(low: float, high: float, ticks: tuple[float, ...]) -> None:
    assert linear_axis(low, high).ticks == ticks


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.02, 1.1, (0.01, 0.03, 0.1, 0.3, 1, 3)),
        (0.1, 0.1, (0.1, 0.3)),
        (1e-8, 1e-7, (1e-8, 3e-8, 1e-7)),
        (2, 40, (1, 3, 10, 30, 100)),
    ],
)
def test_logarithmic_grid_lines(low: float, high: float, ticks: tuple[float, ...]) -> None:
    axis = logarithmic_axis(low, high)
    assert axis.ticks == ticks
    assert (axis.share(axis.low), axis.share(axis.high)) == (0, 1)


def test_values_beyond_the_axis_stay_on_its_edge() -> None:
    axis = Axis(0, 1, (0, 1))
    assert (axis.share(-5), axis.share(7)) == (0, 1)
