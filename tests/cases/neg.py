"""-x."""

from cases import array, case

CASES = (
    case("3d", array(2, 3, 4)),
    case("scalar", array()),
    case("batch-0", array(0, 3)),
    case("strided", array(3, 4, layout="strided")),
    case("transposed", array(2, 3, 2, 2, layout="transposed")),
)
