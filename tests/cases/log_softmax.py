"""log(exp(x) / sum exp(x)) along one axis, 1 by default."""

from cases import array, case

CASES = (
    case("2d", array(3, 4)),
    case("3d", array(2, 3, 4)),
    case("4d", array(2, 3, 2, 3)),
    case("axis-0", array(3, 4), axis=0),
    case("axis-negative-2", array(2, 3, 4), axis=-2),
    case("vector", array(5), axis=0),
    case("one-class", array(3, 1)),
    case("exponentials-overflow", array(3, 4, draw="wide")),
    case("batch-0", array(0, 4)),
    case("strided", array(3, 4, layout="strided")),
    case("transposed", array(2, 3, 2, 3, layout="transposed")),
)
