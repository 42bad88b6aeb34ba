"""x0 / x1, the divisor away from zero, with NumPy's broadcasting."""

from cases import array, case, parameter

CASES = (
    case("same-shape", array(2, 3, 4), array(2, 3, 4, draw="positive")),
    case("column", array(2, 3, 4), array(3, 1, draw="positive")),
    case("scalar-right", array(2, 3, 4), array(draw="positive")),
    case("scalar-left", array(), array(2, 3, draw="positive")),
    case("both-broadcast", array(2, 1, 4), array(3, 1, draw="positive")),
    case("scalar-parameter", array(2, 3), parameter("p", draw="positive")),
    case("batch-0", array(0, 3, 2), array(3, 1, draw="positive")),
    case("strided-reversed", array(2, 3, 4, layout="strided"), array(2, 3, 4, draw="positive", layout="reversed")),
)
