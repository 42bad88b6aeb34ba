"""x, or slope * x below 0; values keep away from the kink at 0."""

from cases import array, case, distinct

CASES = (
    case("4d", distinct(2, 3, 2, 4)),
    case("slope-quarter", distinct(3, 4), slope=0.25),
    case("slope-0", distinct(3, 4), slope=0.0),
    case("slope-2", distinct(3, 4), slope=2.0),
    case("slope-negative", distinct(3, 4), slope=-0.5),
    case("scalar", array(draw="distinct"), slope=0.5),
    case("batch-0", array(0, 3)),
    case("strided", distinct(2, 3, 4, layout="strided")),
)
