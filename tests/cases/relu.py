"""max(0, x)."""

from cases import case, distinct

CASES = (
    case("2d", distinct(3, 4)),
    case("4d", distinct(2, 3, 4, 3)),
    case("vector", distinct(5)),
    case("scalar", distinct()),
    case("batch-0", distinct(0, 3, 2, 2)),
    case("reversed", distinct(2, 3, 4, 3, layout="reversed")),
    case("transposed", distinct(2, 3, 4, 3, layout="transposed")),
)
