"""dwbridge, as the `Framework` that `chainer_scenarios` runs on."""

from pathlib import Path

import numpy as np
from golden.chainer_scenarios import Framework

from dwbridge import functions, initializers, links, optimizers, using_config
from dwbridge.links import hooks as link_hooks
from dwbridge.optimizers import hooks as optimizer_hooks

DWBRIDGE = Framework(
    links.Chain,
    links.ChainList,
    links.Link,
    links.Sequential,
    functions,
    initializers,
    links,
    optimizers,
    optimizer_hooks,
    link_hooks,
    using_config,
)

GOLDEN = Path(__file__).resolve().parent


def golden_arrays(name: str) -> dict[str, np.ndarray]:
    """The arrays of a golden file that holds no None."""
    with np.load(GOLDEN / name) as arrays:
        return dict(arrays)
