"""min(max(0, x), z). The inputs of n values span -n/16 .. n/16, so both kinks lie inside."""

from cases import case, distinct

CASES = (
    case("z-6", distinct(2, 4, 5, 5), z=6.0),
    case("z-1", distinct(2, 3, 4, 3), z=1.0),
    case("z-half", distinct(6, 4), z=0.5),
    case("z-default-20", distinct(2, 5, 6, 6)),
    case("z-never-reached", distinct(3, 4), z=6.0),
    case("batch-0", distinct(0, 3, 2, 2), z=6.0),
    case("strided", distinct(2, 3, 4, 3, layout="strided"), z=1.0),
    case("transposed", distinct(2, 3, 4, 3, layout="transposed"), z=1.0),
)
