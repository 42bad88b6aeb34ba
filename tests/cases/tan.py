"""tan(x), x in radians, away from the poles: 0.5 .. 1.5."""

from cases import array, case

CASES = (
    case("4d", array(2, 3, 2, 4, draw="positive")),
    case("2d", array(3, 4, draw="positive")),
    case("scalar", array(draw="positive")),
    case("batch-0", array(0, 3)),
    case("strided", array(2, 3, 4, draw="positive", layout="strided")),
    case("transposed", array(2, 3, 2, 4, draw="positive", layout="transposed")),
)
