"""dwbridge, as the `Framework` that `chainer_scenarios` runs on."""

from pathlib import Path

import numpy as np
from golden.chainer_scenarios import Framework

from dwbridge import functions, initializers, links, optimizers

DWBRIDGE = Framework(
    links.Chain,
    links.Link,
    links.Sequential,
    functions,
    initializers,
    links,
    optimizers,
    optimizers.WeightDecay,
    optimizers.GradientClipping,
)

GOLDEN = Path(__file__).resolve().parent


def golden_arrays(name: str) -> dict[str, np.ndarray]:
    """The arrays of a golden file that holds no None."""
    with np.load(GOLDEN / name) as arrays:
        return dict(arrays)
