"""Computations that Chainer and dwbridge must agree on, written once for both.

Each function takes a `Framework`: the same names, out of either library. `make_chainer_golden.py` runs them with
Chainer and keeps what comes out; tests run them with dwbridge and compare.
"""

from typing import Any, NamedTuple

import numpy as np


class Framework(NamedTuple):
    """The modules and classes of one library."""

    Chain: Any
    ChainList: Any
    Link: Any
    Sequential: Any
    functions: Any
    initializers: Any
    links: Any
    optimizers: Any
    optimizer_hooks: Any
    link_hooks: Any
    using_config: Any


def link_streams(fw: Framework) -> dict[str, np.ndarray]:
    """Parameters of freshly made links, of repeated ones, and of `copy('init')`, in a row from seed 1."""
    L = fw.links
    np.random.seed(1)
    depthwise = L.DepthwiseConvolution2D(3, 2, (3, 2))
    deferred = L.DepthwiseConvolution2D(None, 1, 3, nobias=True)
    deferred(np.zeros((1, 4, 5, 5), np.float32))
    trees = {
        "depthwise": depthwise,
        "deferred": deferred,
        "convolution": L.Convolution2D(4, 3, 3, groups=1),
        "short_convolution": L.Convolution2D(3, 2),
        "linear": L.Linear(5, 2),
        "copied": depthwise.copy("init"),
        "repeated": L.Linear(3, 2).repeat(4),
        "repeated_chain": fw.Chain(only=L.Linear(2, 2)).repeat(2),
    }
    return {name + path: param.array for name, tree in trees.items() for path, param in tree.namedparams(False)}


def chain_with_none(fw: Framework, seed: int) -> Any:
    """A chain with a trained BatchNormalization, a deferred layer (whose parameters are None), and persistents."""
    np.random.seed(seed)
    L = fw.links
    inner = fw.Chain(conv=L.DepthwiseConvolution2D(3, 2, 3, pad=1), bn=L.BatchNormalization(6))
    model = fw.Chain(block=inner, later=L.Linear(None, 2), lazy_bn=L.BatchNormalization(axis=(0, 2, 3)))
    model.add_persistent("count", seed)
    model.add_persistent("rate", seed / 8)
    model.add_persistent("flag", seed % 2 == 0)
    model.add_persistent("text", f"größer {seed}")
    for _ in range(3):
        inner.bn(inner.conv(np.random.standard_normal((4, 3, 5, 5)).astype(np.float32)))
    return model


def sequential_of_four(fw: Framework, seed: int, leading_function: bool = False) -> Any:
    """Four links in a row, whose children's names Chainer scrambles."""
    np.random.seed(seed)
    L = fw.links
    layers = [L.Linear(3, 3), L.Linear(3, 3), L.Linear(3, 3), L.Linear(3, 3)]
    return fw.Sequential(*([fw.functions.relu] if leading_function else []), *layers)


def trained(fw: Framework, seed: int) -> tuple[Any, Any]:
    """A model and its optimizer after three steps of Adam: what resuming has to bring back."""
    np.random.seed(seed)
    model = fw.links.Linear(4, 2)
    optimizer = fw.optimizers.Adam().setup(model)
    x = np.random.standard_normal((5, 4)).astype(np.float32)
    for _ in range(3):
        optimizer.update(lambda: fw.functions.sum(model(x) ** 2))
    return model, optimizer
