"""The matrix product, leading axes broadcast."""

from cases import array, case, parameter

CASES = (
    case("matrices", array(2, 3), array(3, 4)),
    case("transposed-a", array(3, 2), array(3, 4), transa=True),
    case("transposed-b", array(2, 3), array(4, 3), transb=True),
    case("both-transposed", array(3, 2), array(4, 3), transa=True, transb=True),
    case("batches", array(2, 3, 4), array(2, 4, 2)),
    case("batches-broadcast", array(2, 1, 3, 4), array(3, 4, 2)),
    case("batch-transposed", array(2, 4, 3), array(4, 2), transa=True),
    case("matrix-vector", array(2, 3), array(3)),
    case("vector-matrix", array(3), array(3, 4)),
    case("vectors", array(3), array(3)),
    case("vector-batch", array(3), array(2, 3, 4)),
    case("batch-vector", array(2, 3, 4), array(4), transb=True),
    case("parameter", array(2, 3), parameter("W", 3, 4)),
    case("parameter-transposed", array(2, 3), parameter("W", 4, 3), transb=True),
    case("batch-0", array(0, 3), array(3, 4)),
    case("strided-transposed", array(2, 3, layout="strided"), array(3, 4, layout="transposed")),
)
