"""x rounded to another floating type; see `Case.output_dtype`."""

from cases import array, case

ROUNDED = "differences of rounded values are noise"

CASES = (
    case("to-float64", array(2, 3), typ="float64"),
    case("to-float32", array(2, 3), typ="float32", no_gradient=ROUNDED),
    case("to-float16", array(2, 3), typ="float16", no_gradient=ROUNDED),
    case("batch-0", array(0, 3), typ="float64"),
    case("strided", array(2, 3, layout="strided"), typ="float64"),
)
