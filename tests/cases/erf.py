"""The error function."""

from cases import array, case

CASES = (
    case("4d", array(2, 3, 2, 4)),
    case("2d", array(3, 4)),
    case("scalar", array()),
    case("batch-0", array(0, 3)),
    case("far-out", array(3, 4, draw="wide")),
    case("strided", array(2, 3, 4, layout="strided")),
    case("transposed", array(2, 3, 2, 4, layout="transposed")),
)
