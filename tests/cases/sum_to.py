"""The transpose of broadcasting: leading axes, and those that become 1, are summed."""

from cases import array, case

CASES = (
    case("column", array(2, 3, 4), shape=(3, 1)),
    case("row", array(2, 3, 4), shape=(4,)),
    case("drops-leading", array(2, 3, 4), shape=(3, 4)),
    case("inner-axes", array(2, 3, 4), shape=(1, 3, 1)),
    case("leading-and-inner", array(2, 3, 4, 2), shape=(1, 4, 1)),
    case("scalar", array(2, 3), shape=()),
    case("ones", array(2, 3), shape=(1, 1)),
    case("same-shape", array(2, 3), shape=(2, 3)),
    case("batch-0", array(0, 3), shape=(1, 3)),
    case("transposed", array(2, 3, 2, 4, layout="transposed"), shape=(1, 3, 1, 1)),
)
