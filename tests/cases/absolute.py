"""|x|; values keep away from the kink at 0."""

from cases import array, case

CASES = (
    case("4d", array(2, 3, 2, 4, draw="distinct")),
    case("2d", array(3, 4, draw="distinct")),
    case("scalar", array(draw="distinct")),
    case("batch-0", array(0, 3, draw="distinct")),
    case("strided", array(2, 3, 4, layout="strided", draw="distinct")),
    case("transposed", array(2, 3, 2, 4, layout="transposed", draw="distinct")),
)
