"""Every vector along one axis is normalized by its own mean and variance (1/N)."""

from cases import array, case, parameter

CASES = (
    case("last-of-3d", array(2, 3, 5), parameter("gamma", 5), parameter("beta", 5), axis=-1),
    case("2d", array(4, 6), parameter("gamma", 6), parameter("beta", 6)),
    case("channels", array(2, 5, 3, 2), parameter("gamma", 5), parameter("beta", 5)),
    case("first", array(4, 3), parameter("gamma", 4), parameter("beta", 4), axis=0),
    case("last-of-4d", array(2, 3, 2, 4), parameter("gamma", 4), parameter("beta", 4), axis=3),
    case("large-eps", array(3, 4), parameter("gamma", 4), parameter("beta", 4), eps=0.5),
    case("one-number", array(3, 1), parameter("gamma", 1), parameter("beta", 1)),
    case("batch-0", array(0, 3), parameter("gamma", 3), parameter("beta", 3)),
    case("strided", array(2, 5, 3, 2, layout="strided"), parameter("gamma", 5), parameter("beta", 5)),
    case("transposed", array(2, 5, 3, 2, layout="transposed"), parameter("gamma", 5), parameter("beta", 5)),
)
