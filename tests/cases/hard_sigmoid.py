"""min(max(slope x + shift, 0), 1). The inputs of n values span -n/16 .. n/16, so that both kinks lie inside of most."""

from cases import case, distinct

CASES = (
    case("slope-sixth", distinct(2, 4, 5, 5), slope=1 / 6),
    case("slope-quarter", distinct(3, 4, 6), slope=0.25),
    case("default", distinct(2, 3, 4, 5)),
    case("shift-quarter", distinct(6, 9), slope=0.5, shift=0.25),
    case("scalar", distinct()),
    case("batch-0", distinct(0, 3, 2, 2)),
    case("strided", distinct(2, 3, 4, 5, layout="strided")),
    case("transposed", distinct(2, 3, 4, 5, layout="transposed")),
)
