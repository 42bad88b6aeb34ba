"""Reduction over axes: None is all of them, negative axes count from the last."""

from cases import array, case

CASES = (
    case("all", array(2, 3, 4)),
    case("all-keepdims", array(2, 3, 4), keepdims=True),
    case("axis-1", array(2, 3, 4), axis=1),
    case("axis-1-keepdims", array(2, 3, 4), axis=1, keepdims=True),
    case("axis-negative-keepdims", array(2, 3, 4), axis=-2, keepdims=True),
    case("axes-negative", array(2, 3, 3, 4), axis=(-1, -2)),
    case("axes-unsorted", array(2, 3, 4), axis=(2, 0)),
    case("axes-mixed-signs", array(2, 3, 4), axis=(0, -1), keepdims=True),
    case("scalar", array()),
    case("length-1-axis", array(3, 1, 2), axis=1),
    case("batch-0", array(0, 3, 2, 2), axis=(2, 3)),
    case("strided", array(2, 3, 3, 4, layout="strided"), axis=(2, 3)),
    case("transposed", array(2, 3, 3, 4, layout="transposed"), axis=1),
)
