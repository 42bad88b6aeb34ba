"""Only ratio 0, where dropout is the identity: random masks have no oracle, and are tested where they are drawn."""

from cases import array, case

CASES = (
    case("2d", array(3, 4), ratio=0.0),
    case("4d", array(2, 3, 2, 2), ratio=0.0),
    case("batch-0", array(0, 3), ratio=0.0),
    case("transposed", array(2, 3, 2, 2, layout="transposed"), ratio=0.0),
)
