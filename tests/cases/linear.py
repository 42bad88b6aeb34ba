"""x (N, ...) or, with n_batch_axes, (N1, N2, ...), the rest flattened to K;  W (O, K);  b (O,)."""

from cases import array, case, parameter

CASES = (
    case("plain", array(3, 4), parameter("W", 5, 4), parameter("b", 5)),
    case("no-bias", array(3, 4), parameter("W", 5, 4)),
    case("one-output", array(3, 4), parameter("W", 1, 4), parameter("b", 1)),
    case("batch-1", array(1, 4), parameter("W", 3, 4), parameter("b", 3)),
    case("batch-0", array(0, 4), parameter("W", 3, 4), parameter("b", 3)),
    case("flattens-3d", array(2, 3, 4), parameter("W", 5, 12), parameter("b", 5)),
    case("flattens-4d", array(2, 3, 2, 2), parameter("W", 4, 12), parameter("b", 4)),
    case("two-batch-axes", array(2, 3, 4), parameter("W", 5, 4), parameter("b", 5), n_batch_axes=2),
    case("two-batch-axes-no-bias", array(2, 3, 4), parameter("W", 5, 4), n_batch_axes=2),
    case("two-batch-axes-flattens", array(2, 3, 2, 2), parameter("W", 5, 4), parameter("b", 5), n_batch_axes=2),
    case("x-strided", array(3, 4, layout="strided"), parameter("W", 5, 4), parameter("b", 5)),
    case("x-transposed-4d", array(2, 3, 2, 2, layout="transposed"), parameter("W", 4, 12), parameter("b", 4)),
    case("W-transposed", array(3, 4), parameter("W", 5, 4, layout="transposed"), parameter("b", 5)),
    case("W-reversed", array(3, 4), parameter("W", 5, 4, layout="reversed"), parameter("b", 5)),
)
