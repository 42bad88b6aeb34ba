"""x ** exponent. Powers that are not natural numbers want x > 0."""

from cases import array, case, parameter

CASES = (
    case("square", array(2, 3, 4), exponent=2.0),
    case("cube", array(3, 4), exponent=3.0),
    case("zero", array(3, 4, draw="positive"), exponent=0.0),
    case("root", array(3, 4, draw="positive"), exponent=0.5),
    case("inverse", array(3, 4, draw="positive"), exponent=-1.0),
    case("fraction", array(2, 3, draw="positive"), exponent=2.5),
    case("integer-exponent", array(2, 3), exponent=2),
    case("scalar", array(), exponent=2.0),
    case("array", array(2, 3, draw="positive"), array(2, 3)),
    case("array-broadcasts", array(2, 3, draw="positive"), array(3)),
    case("x-broadcasts", array(1, draw="positive"), array(2, 3)),
    case("parameter", array(2, 3, 2, draw="positive"), parameter("p", 3, 1)),
    case("batch-0", array(0, 3), exponent=2.0),
)
