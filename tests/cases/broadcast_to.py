"""Axes of length 1, and missing leading axes, are repeated."""

from cases import array, case, parameter

CASES = (
    case("column", array(3, 1), shape=(2, 3, 4)),
    case("row", array(4), shape=(2, 3, 4)),
    case("inner-axis", array(2, 1, 4), shape=(2, 3, 4)),
    case("scalar", array(), shape=(2, 3)),
    case("same-shape", array(2, 3), shape=(2, 3)),
    case("parameter", parameter("p", 1, 3, 1, 1), shape=(2, 3, 2, 2)),
    case("to-batch-0", array(1, 3), shape=(0, 3)),
    case("strided", array(3, 1, layout="strided"), shape=(2, 3, 4)),
)
