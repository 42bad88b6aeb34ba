"""Makes chainer_activations.npz: activations, layer normalization by real Chainer 7.8.1 (see make_chainer_golden.py).

    peer-chainer/bin/python -W ignore tests/golden/make_activation_golden.py

`every_result` is written once for both libraries: each function's y, the gradients of its inputs for a fixed gradient
of y, and the gradient of their sum of squares by x. Inputs are odd multiples of 1/32, which meet no kink.
"""

from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).resolve().with_name("chainer_activations.npz")

#: label -> function, shapes of what it takes behind x, keyword arguments
CALLS: dict[str, tuple[str, tuple[tuple[int, ...], ...], dict[str, Any]]] = {
    "relu": ("relu", (), {}),
    "clipped_relu": ("clipped_relu", (), {"z": 1.0}),
    "leaky_relu": ("leaky_relu", (), {"slope": 0.3}),
    "leaky_relu, slope below 0": ("leaky_relu", (), {"slope": -0.3}),
    "sigmoid": ("sigmoid", (), {}),
    "tanh": ("tanh", (), {}),
    "hard_sigmoid": ("hard_sigmoid", (), {}),
    "erf": ("erf", (), {}),
    "swish": ("swish", ((6,),), {}),
    "swish, one beta": ("swish", ((),), {}),
    "layer_normalization": ("layer_normalization", ((6,), (6,)), {}),
    "layer_normalization, eps": ("layer_normalization", ((6,), (6,)), {"eps": 0.5}),
}
TYPES = ("float32", "float64")


def numbers(shape: tuple[int, ...], seed: int, dtype: str) -> np.ndarray:
    rng = np.random.RandomState(seed)
    return np.asarray((2 * rng.randint(-64, 64, shape) + 1) / 32, dtype=dtype)


def every_result(library: Any, functions: Any) -> dict[str, np.ndarray]:
    """'<call>/<dtype>/<y, g0, g1, ..., gg>' -> array, by either library."""
    results = {}
    for label, (name, shapes, keywords) in CALLS.items():
        for dtype in TYPES:
            inputs = [library.Variable(numbers(s, k, dtype)) for k, s in enumerate(((5, 6), *shapes))]
            y = getattr(functions, name)(*inputs, **keywords)
            y.grad_var = library.Variable(numbers((5, 6), 9, dtype))
            gradients = library.grad([y], inputs, [y.grad_var], enable_double_backprop=True)
            squares = [functions.sum(gradient * gradient) for gradient in gradients]
            (again,) = library.grad(squares, [inputs[0]])
            results[f"{label}/{dtype}/y"] = y.array
            for k, gradient in enumerate(gradients):
                results[f"{label}/{dtype}/g{k}"] = gradient.array
            if again is not None:
                results[f"{label}/{dtype}/gg"] = again.array
    return results


if __name__ == "__main__":
    import chainer

    assert chainer.__version__ == "7.8.1", chainer.__version__
    np.savez_compressed(FILE, **every_result(chainer, chainer.functions))
