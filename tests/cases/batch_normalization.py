"""Training mode: x is normalized by its own mean and variance (1/N) over all axes but the channel's.

Running statistics are an in-place effect and not an output: oracles/batch_normalization.py has `running_statistics`.
"""

from cases import array, case, parameter

CASES = (
    case("2d", array(6, 3), parameter("gamma", 3), parameter("beta", 3)),
    case("4d", array(3, 2, 3, 4), parameter("gamma", 2), parameter("beta", 2)),
    case("4d-one-image", array(1, 3, 3, 4), parameter("gamma", 3), parameter("beta", 3)),
    case("3d", array(4, 3, 5), parameter("gamma", 3), parameter("beta", 3)),
    case("channels-1", array(4, 1, 3, 3), parameter("gamma", 1), parameter("beta", 1)),
    case("large-eps", array(4, 3, 2, 2), parameter("gamma", 3), parameter("beta", 3), eps=0.5),
    case("axis-0-2-3", array(3, 2, 3, 4), parameter("gamma", 2), parameter("beta", 2), axis=(0, 2, 3)),
    case("axis-channels-last", array(3, 3, 4, 2), parameter("gamma", 2), parameter("beta", 2), axis=(0, 1, 2)),
    case("gamma-2d", array(6, 2, 3), parameter("gamma", 2, 3), parameter("beta", 2, 3)),
    case("x-strided", array(3, 2, 3, 4, layout="strided"), parameter("gamma", 2), parameter("beta", 2)),
    case("x-transposed", array(3, 2, 3, 4, layout="transposed"), parameter("gamma", 2), parameter("beta", 2)),
)
