"""What Chainer saves into the files in `files/`, and dwbridge makes again to load them into.

Each function takes the package `chainer`: the real one, or dwbridge under that name (`dwbridge.compat.install`).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

STEPS = 3
BEFORE, AFTER = 5, 11  # iterations of the training before its snapshot, and until its end


def link(chainer: Any, seed: int) -> Any:
    """One link."""
    np.random.seed(seed)
    return chainer.links.DepthwiseConvolution2D(3, 2, 3)


def chain(chainer: Any, seed: int) -> Any:
    """A chain with trained statistics, persistents of every kind that HDF5 has, and parameters that are None."""
    np.random.seed(seed)
    L = chainer.links
    inner = chainer.Chain(conv=L.DepthwiseConvolution2D(3, 2, 3, pad=1), bn=L.BatchNormalization(6))
    model = chainer.Chain(block=inner, later=L.Linear(None, 2))
    for name, value in {"count": seed, "rate": seed / 8, "flag": seed % 2 == 0, "nothing": None}.items():
        model.add_persistent(name, value)
    model.add_persistent("table", np.random.standard_normal((2, 3)))
    for _ in range(2):
        inner.bn(inner.conv(np.random.standard_normal((4, 3, 5, 5)).astype(np.float32)))
    return model


def sequential(chainer: Any, seed: int) -> Any:
    """Four links, whose names as children Chainer scrambles."""
    np.random.seed(seed)
    return chainer.Sequential(*[chainer.links.Linear(3, 3) for _ in range(4)])


def sequential_relu(chainer: Any, seed: int) -> Any:
    """A function and four links: scrambled otherwise."""
    np.random.seed(seed)
    return chainer.Sequential(chainer.functions.relu, *[chainer.links.Linear(3, 3) for _ in range(4)])


MODELS: dict[str, Callable[[Any, int], Any]] = {
    "link": link,
    "chain": chain,
    "sequential": sequential,
    "sequential_relu": sequential_relu,
}


def optimizer(chainer: Any, name: str, seed: int) -> tuple[Any, Any]:
    """(optimizer, what it trains), before the first step."""
    np.random.seed(seed)
    model = chainer.Chain(a=chainer.links.Linear(4, 3), b=chainer.links.Linear(3, 2))
    made = getattr(chainer.optimizers, name)()
    made.setup(model)
    made.add_hook(chainer.optimizer_hooks.WeightDecay(0.01))
    return made, model


def take_steps(chainer: Any, made: Any, model: Any, seed: int) -> None:
    """Some steps along gradients that depend on the seed alone."""
    x = np.random.RandomState(seed).standard_normal((5, 4)).astype(np.float32)
    for _ in range(STEPS):
        made.update(lambda: chainer.functions.sum(model.b(chainer.functions.relu(model.a(x))) ** 2))


OPTIMIZERS = ("Adam", "MomentumSGD")


def parameters(model: Any) -> dict[str, np.ndarray]:
    """Parameters by path."""
    return {path.lstrip("/"): param.array for path, param in sorted(model.namedparams()) if param.array is not None}


def network(chainer: Any) -> Any:
    """A small network with statistics, persistents, text among them, and a None."""
    L = chainer.links
    # No bias before the normalization: it would have no gradient, and Adam would make steps out of rounding errors.
    first = L.DepthwiseConvolution2D(2, 2, 3, pad=1, nobias=True)
    model = chainer.Sequential(first, L.BatchNormalization(4), chainer.functions.relu, L.Linear(None, 3))
    model[0].add_persistent("note", "größer")
    model[0].add_persistent("nothing", None)
    model[0].add_persistent("count", 3)
    return model


def trainer(chainer: Any, out: Path, seed: int, iterations: int) -> Any:
    """A training on random examples; 24 of them, seven to a batch, so that its snapshot lies within an epoch."""
    np.random.seed(seed)
    draw = np.random.RandomState(seed)
    data = chainer.datasets.TupleDataset(
        draw.standard_normal((24, 2, 4, 4)).astype(np.float32), draw.randint(0, 3, 24).astype(np.int32)
    )
    model = chainer.links.Classifier(network(chainer))
    made = chainer.optimizers.Adam(alpha=0.01)
    made.setup(model)
    made.add_hook(chainer.optimizer_hooks.WeightDecay(0.001))
    iterator = chainer.iterators.SerialIterator(data, 7)
    updater = chainer.training.updaters.StandardUpdater(iterator, made)
    result = chainer.training.Trainer(updater, (iterations, "iteration"), out=str(out))
    result.extend(chainer.training.extensions.LogReport(trigger=(2, "iteration"), filename=None))
    result.extend(chainer.training.extensions.snapshot(), trigger=(BEFORE, "iteration"))
    return result
