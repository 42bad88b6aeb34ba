"""All values in one axis, in C order (Chainer's flatten, not ONNX's, which keeps a matrix)."""

from cases import array, case

CASES = (
    case("2d", array(2, 3)),
    case("4d", array(2, 3, 2, 2)),
    case("vector", array(4)),
    case("scalar", array()),
    case("batch-0", array(0, 3)),
    case("transposed", array(2, 3, 2, 4, layout="transposed")),
)
