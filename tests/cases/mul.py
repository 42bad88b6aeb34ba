"""x0 * x1, with NumPy's broadcasting."""

from cases import array, case, parameter

CASES = (
    case("same-shape", array(2, 3, 4), array(2, 3, 4)),
    case("column", array(2, 3, 4), array(3, 1)),
    case("scalar-right", array(2, 3, 4), array()),
    case("scalar-left", array(), array(2, 3)),
    case("both-broadcast", array(2, 1, 4), array(3, 1)),
    case("channels-parameter", array(2, 3, 2, 4), parameter("p", 1, 3, 1, 1)),
    case("batch-0", array(0, 3, 2), array(3, 1)),
    case("strided-reversed", array(2, 3, 4, layout="strided"), array(2, 3, 4, layout="reversed")),
)
