"""sqrt(x), x > 0."""

from cases import array, case

CASES = (
    case("4d", array(2, 3, 2, 4, draw="positive")),
    case("2d", array(3, 4, draw="positive")),
    case("scalar", array(draw="positive")),
    case("batch-0", array(0, 3, draw="positive")),
    case("strided", array(2, 3, 4, layout="strided", draw="positive")),
    case("transposed", array(2, 3, 2, 4, layout="transposed", draw="positive")),
)
