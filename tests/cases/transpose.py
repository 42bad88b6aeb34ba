"""The axes of x in another order."""

from cases import array, case, parameter

CASES = (
    case("matrix", array(3, 4)),
    case("reversed-4d", array(2, 3, 2, 4)),
    case("channels-last", array(2, 3, 2, 4), axes=(0, 2, 3, 1)),
    case("cycle", array(2, 3, 4), axes=(1, 2, 0)),
    case("negative", array(2, 3, 4), axes=(-1, 0, -2)),
    case("in-place", array(2, 3), axes=(0, 1)),
    case("scalar", array()),
    case("vector", array(4)),
    case("batch-0", array(0, 3, 2), axes=(0, 2, 1)),
    case("strided", array(2, 3, 4, layout="strided"), axes=(0, 2, 1)),
    case("parameter", parameter("p", 3, 4)),
)
