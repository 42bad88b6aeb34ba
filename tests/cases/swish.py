"""x / (1 + exp(-beta x)), with one beta, or one for each place behind the first axis."""

import numpy as np

from cases import array, case, parameter

CASES = (
    case("beta-1", array(2, 3, 2, 4), beta=1.0),
    case("beta-default", array(3, 4)),
    case("beta-half", array(3, 4), beta=0.5),
    case("scalar", array(), beta=1.0),
    case("batch-0", array(0, 3), beta=1.0),
    case("exponentials-overflow", array(3, 4, draw="wide"), beta=1.0),
    case("strided", array(2, 3, 4, layout="strided"), beta=1.0),
    case("transposed", array(2, 3, 2, 4, layout="transposed"), beta=1.0),
    case("beta-of-channels", array(2, 3, 2, 4), parameter("beta", 3)),
    case("beta-of-all", array(2, 3, 2), parameter("beta", 3, 2)),
    case("beta-without-axes", array(2, 3), parameter("beta")),
    case("beta-constant", array(2, 3), beta=np.array([0.5, 1.0, 2.0])),
)
