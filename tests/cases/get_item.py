"""x[slices], basic and advanced indexing."""

import numpy as np

from cases import array, case, parameter

CASES = (
    case("slice", array(4, 3), slices=slice(1, 3)),
    case("channels", array(2, 4, 3, 3), slices=(slice(None), slice(0, 2))),
    case("steps", array(2, 3, 6, 5), slices=(Ellipsis, slice(0, None, 2), slice(1, None, 2))),
    case("backwards", array(3, 5), slices=(slice(None), slice(None, None, -1))),
    case("from-the-end", array(3, 5), slices=(slice(None), slice(-3, -1))),
    case("backwards-in-part", array(3, 5), slices=(slice(None), slice(4, 0, -2))),
    case("integer", array(3, 4), slices=1),
    case("negative-integer", array(3, 4), slices=(slice(None), -1)),
    case("element", array(3, 4), slices=(1, 2)),
    case("integer-and-slice", array(2, 3, 4), slices=(slice(None), 1, slice(1, 3))),
    case("whole", array(2, 3), slices=Ellipsis),
    case("list-repeats", array(3, 4), slices=[2, 0, 2]),
    case("array-on-axis-1", array(3, 4, 2), slices=(slice(None), np.array([[0, 3], [3, 1]]))),
    case("parameter", parameter("p", 4, 3), slices=slice(0, 2)),
    case("batch-0", array(0, 4), slices=(slice(None), slice(1, 3))),
    case("strided", array(2, 3, 4, layout="strided"), slices=(slice(None), slice(1, None))),
    case("new-axis", array(2, 3), slices=(slice(None), None), no_export="no node of ONNX is an index with None"),
    case(
        "mask",
        array(2, 3),
        slices=np.array([[True, False, True], [False, False, True]]),
        no_export="a mask is written as integers",
    ),
    case("two-arrays", array(3, 4), slices=([0, 2, 2], [1, 3, 3]), no_export="two arrays of integers need GatherND"),
)
