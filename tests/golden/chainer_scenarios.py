"""Computations that Chainer and dwbridge must agree on, written once for both.

Each function takes a `Framework`: the same names, out of either library. `make_chainer_golden.py` runs them with
Chainer and keeps what comes out; tests run them with dwbridge and compare.
"""

from typing import Any, NamedTuple

import numpy as np


class Framework(NamedTuple):
    """The modules and classes of one library."""

    Chain: Any
    Link: Any
    Sequential: Any
    functions: Any
    initializers: Any
    links: Any
    optimizers: Any
    WeightDecay: Any
    GradientClipping: Any


SHAPES = {"depthwise": (2, 3, 3, 3), "convolution": (5, 3, 2, 1), "linear": (4, 6)}

INITIALIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "normal": ("Normal", {"scale": 0.3}),
    "lecun_normal": ("LeCunNormal", {}),
    "glorot_normal": ("GlorotNormal", {"scale": 1.5}),
    "he_normal": ("HeNormal", {}),
    "he_normal_fan_out": ("HeNormal", {"fan_option": "fan_out"}),
    "he_normal_of_depthwise": ("HeNormal", {"scale": 1.0 / np.sqrt(2)}),
    "uniform": ("Uniform", {"scale": 0.3}),
    "lecun_uniform": ("LeCunUniform", {}),
    "glorot_uniform": ("GlorotUniform", {}),
    "he_uniform": ("HeUniform", {"scale": 0.7}),
    "orthogonal": ("Orthogonal", {}),
    "constant": ("Constant", {"fill_value": 0.1}),
}


def initializer_streams(fw: Framework) -> dict[str, np.ndarray]:
    """Every initializer on every shape, from seed 0."""
    streams = {}
    for name, (class_name, arguments) in INITIALIZERS.items():
        for shape_name, shape in SHAPES.items():
            np.random.seed(0)
            array = np.empty(shape, np.float32)
            getattr(fw.initializers, class_name)(**arguments)(array)
            streams[f"{name}/{shape_name}"] = array
    for dtype in (np.float16, np.float64):
        np.random.seed(0)
        streams[f"generated/{np.dtype(dtype).name}"] = fw.initializers.generate_array(
            fw.initializers.HeNormal(dtype=dtype), (2, 3), np
        )
    return streams


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


OPTIMIZERS: dict[str, tuple[str, dict[str, Any], list[tuple[str, float]]]] = {
    "sgd": ("SGD", {"lr": 0.1}, []),
    "sgd_decay": ("SGD", {"lr": 0.1}, [("WeightDecay", 0.01)]),
    "momentum_sgd": ("MomentumSGD", {"lr": 0.05, "momentum": 0.8}, []),
    "momentum_sgd_decay": ("MomentumSGD", {}, [("WeightDecay", 0.01)]),
    "momentum_sgd_clipped": ("MomentumSGD", {}, [("GradientClipping", 1.5)]),
    "adam": ("Adam", {}, []),
    "adam_decay": ("Adam", {"alpha": 0.01}, [("WeightDecay", 0.001)]),
    "adamw": ("AdamW", {"alpha": 0.01, "eta": 0.9, "weight_decay_rate": 0.02}, []),
    "amsgrad": ("AMSGrad", {"beta2": 0.5}, []),
    "adabound": ("AdaBound", {"alpha": 0.02, "final_lr": 0.05, "gamma": 0.3}, []),
}
STEPS = 10


def optimizer_steps(fw: Framework, name: str, dtype: Any = np.float32) -> dict[str, np.ndarray]:
    """Ten steps along gradients that are given: the parameters after each, and the state at the end.

    The second parameter's gradient is None in every third step.
    """
    class_name, arguments, hooks = OPTIMIZERS[name]
    rng = np.random.RandomState(2)
    link = fw.Link(W=((3, 4), dtype), b=((3,), dtype))
    for _, param in sorted(link.namedparams()):
        param.array[...] = rng.standard_normal(param.shape)
    optimizer = getattr(fw.optimizers, class_name)(**arguments).setup(link)
    for hook, value in hooks:
        optimizer.add_hook(getattr(fw, hook)(value))
    trace: dict[str, list[np.ndarray]] = {"W": [], "b": []}
    for step in range(STEPS):
        link.W.grad = rng.standard_normal(link.W.shape).astype(dtype)
        link.b.grad = None if step % 3 == 2 else rng.standard_normal(link.b.shape).astype(dtype)
        optimizer.update()
        trace["W"].append(link.W.array.copy())
        trace["b"].append(link.b.array.copy())
    result = {key: np.stack(arrays) for key, arrays in trace.items()}
    return result | {f"state/{key}": value for key, value in sorted((link.W.update_rule.state or {}).items())}


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
