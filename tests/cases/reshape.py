"""The same values, in C order, in another shape; one length may be -1."""

from cases import array, case

CASES = (
    case("3d-to-2d", array(2, 3, 4), shape=(6, 4)),
    case("2d-to-4d", array(4, 6), shape=(2, 2, 3, 2)),
    case("minus-1-first", array(2, 3, 4), shape=(-1, 4)),
    case("minus-1-last", array(2, 3, 4), shape=(2, -1)),
    case("to-vector", array(2, 3, 4), shape=(24,)),
    case("scalar-to-matrix", array(), shape=(1, 1)),
    case("matrix-to-scalar", array(1, 1), shape=()),
    case("batch-0", array(0, 12), shape=(0, 3, 4)),
    case("strided", array(3, 4, layout="strided"), shape=(2, 6)),
    case("transposed", array(2, 3, 2, 4, layout="transposed"), shape=(2, 24)),
)
