"""What the CUDA kernels of both poolings are tested with."""

from typing import Any

import numpy as np
from seed import SEED

#: the shape of x, and what Window2D.of takes
CASES: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "2x2": ((2, 3, 8, 10), {"kernel": 2, "stride": 2}),
    "2x2, an odd image to its end": ((1, 3, 7, 9), {"kernel": 2, "stride": 2, "cover_all": True}),
    "3x3 stride 2": ((2, 3, 9, 12), {"kernel": 3, "stride": 2, "pad": 1}),
    "3x3 stride 2 to the end": ((2, 1, 8, 8), {"kernel": 3, "stride": 2, "cover_all": True}),
    "3x3": ((1, 2, 5, 33), {"kernel": 3, "pad": 1}),
    "3x3 stride 3": ((1, 2, 10, 11), {"kernel": 3, "stride": 3}),
    "pixels under no window": ((1, 2, 9, 7), {"kernel": 1, "stride": 3}),
    "5x5": ((1, 2, 9, 8), {"kernel": 5, "pad": 2}),
    "2x3, asymmetric": ((2, 2, 9, 8), {"kernel": (2, 3), "stride": (3, 2), "pad": ((0, 1), (2, 0))}),
    "dilated": ((1, 2, 11, 13), {"kernel": (3, 2), "stride": (2, 3), "pad": ((3, 1), (0, 2)), "dilate": (2, 3)}),
    "3x3 dilated": ((1, 2, 9, 9), {"kernel": 3, "pad": 2, "dilate": 2}),
    "stride and dilation share no pixel": ((1, 1, 9, 9), {"kernel": 2, "stride": 2, "dilate": 4}),
    "padding beyond the kernel": ((1, 1, 3, 4), {"kernel": 3, "stride": 2, "pad": 5}),
    "rows": ((3, 2, 1, 17), {"kernel": (1, 4), "stride": (1, 2)}),
    "the whole image": ((3, 2, 6, 5), {"kernel": (6, 5)}),
    "one pixel": ((3, 5, 1, 1), {"kernel": 3, "pad": 1}),
    "nothing but padding": ((2, 1, 0, 3), {"kernel": 2, "pad": 1}),
    "no image": ((0, 3, 4, 4), {"kernel": 2}),
}


def drawn(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Quarters: there are equals in every window, and sums that are rounded are so in 16 bits."""
    return (np.random.default_rng(SEED).integers(-9, 10, shape) / 4).astype(dtype)
