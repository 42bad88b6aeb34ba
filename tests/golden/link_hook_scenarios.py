"""Links under link hooks, written once for Chainer and dwbridge; see `chainer_scenarios`."""

from typing import Any

import numpy as np

#: name: (class of the hook, arguments)
HOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "spectral": ("SpectralNormalization", {}),
    "spectral of three": ("SpectralNormalization", {"n_power_iteration": 3, "eps": 1e-12, "factor": 2.0}),
    "spectral with gamma": ("SpectralNormalization", {"use_gamma": True}),
    "standardization": ("WeightStandardization", {"eps": 1e-3}),
}

#: name: (class of the link, arguments, shape of the input)
LINKS: dict[str, tuple[str, tuple[Any, ...], tuple[int, ...]]] = {
    "depthwise": ("DepthwiseConvolution2D", (2, 3, 2), (2, 2, 4, 3)),
    "depthwise of one": ("DepthwiseConvolution2D", (3, 1, 3, 1, 1, True), (1, 3, 3, 3)),
    "deferred depthwise": ("DepthwiseConvolution2D", (None, 2, (1, 2)), (2, 3, 2, 3)),
    "convolution": ("Convolution2D", (2, 3, 2), (1, 2, 3, 3)),
    "linear": ("Linear", (4, 3), (2, 4)),
    "deferred linear": ("Linear", (None, 2), (3, 4)),
}


def run(fw: Any, link_name: str, hook_name: str) -> dict[str, np.ndarray]:
    """Two training calls with an update between them, one call outside training, and everything that is saved."""
    class_name, arguments, shape = LINKS[link_name]
    hook_class, hook_arguments = HOOKS[hook_name]
    np.random.seed(8)
    link = getattr(fw.links, class_name)(*arguments).add_hook(getattr(fw.link_hooks, hook_class)(**hook_arguments))
    optimizer = fw.optimizers.SGD(lr=0.1).setup(link)
    rng = np.random.RandomState(9)
    arrays = {}
    for step in range(2):
        y = link(rng.standard_normal(shape).astype(np.float32))
        link.cleargrads()
        y.grad = rng.standard_normal(y.shape).astype(np.float32)
        y.backward()
        arrays |= {f"y{step}": y.array} | {f"g{name}{step}": param.grad for name, param in named(link)}
        optimizer.update()
    with fw.using_config("train", False):
        arrays["inference"] = link(rng.standard_normal(shape).astype(np.float32)).array
    arrays |= {name: getattr(link, name) for name in link._persistent}
    return arrays | {name: param.array for name, param in named(link)}


def named(link: Any) -> list[tuple[str, Any]]:
    return [(path.lstrip("/"), param) for path, param in sorted(link.namedparams())]


def every_run(fw: Any) -> dict[str, np.ndarray]:
    """'<link>': the elements of all arrays of its runs, hook after hook, in the order of the arrays' names."""
    arrays = {}
    for link_name in LINKS:
        results = [run(fw, link_name, hook_name) for hook_name in HOOKS]
        arrays[link_name] = np.concatenate([result[key].ravel() for result in results for key in sorted(result)])
    return arrays
