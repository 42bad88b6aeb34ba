"""The largest integer not above x."""

from cases import array, case

_CONSTANT = "constant between integers, and cut from the graph"

CASES = (
    case("4d", array(2, 3, 2, 4), no_gradient=_CONSTANT),
    case("halves", array(3, 4, draw="distinct"), no_gradient=_CONSTANT),
    case("scalar", array(), no_gradient=_CONSTANT),
    case("batch-0", array(0, 3), no_gradient=_CONSTANT),
    case("strided", array(2, 3, 4, layout="strided"), no_gradient=_CONSTANT),
)
