"""x times the distribution of the normal numbers, or its approximation."""

from cases import array, case

CASES = (
    case("4d", array(2, 3, 2, 4)),
    case("tanh", array(2, 3, 2, 4), approximate="tanh"),
    case("2d", array(3, 4)),
    case("scalar", array()),
    case("tanh-scalar", array(), approximate="tanh"),
    case("batch-0", array(0, 3)),
    case("strided", array(2, 3, 4, layout="strided")),
    case("tanh-transposed", array(2, 3, 2, 4, layout="transposed"), approximate="tanh"),
)
