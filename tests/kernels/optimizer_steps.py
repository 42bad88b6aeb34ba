"""Steps of optimizers whose bits are compared: every routine, with all of its options."""

from typing import Any

import numpy as np

from dwbridge.backend import get_array_module

BOUNDS = (0.01, 0.2)

#: routine, arrays of its state (None: there is none), its scalars
UPDATES: list[tuple[str, int, tuple[Any, ...]]] = [
    ("sgd", 0, (0.1,)),
    ("momentum_sgd", 1, (0.1, 0.9)),
    ("corrected_momentum_sgd", 1, (0.1, 0.9)),
    ("nesterov_ag", 1, (0.1, 0.9)),
    ("adam", 2, (None, 0.01, 0.9, 0.999, 1e-8, 1.0, 0, None)),
    ("adam", 2, (None, 0.01, 0.9, 0.999, 1e-8, 0.9, 0.02, BOUNDS)),
    ("adam", 3, (0.01, 0.9, 0.6, 1e-8, 1.0, 0, None)),
    ("adam", 3, (0.01, 0.9, 0.6, 1e-8, 0.9, 0.02, BOUNDS)),
    ("ada_grad", 1, (0.1, 1e-8)),
    ("ada_delta", 2, (0.95, 1e-6)),
    ("rmsprop", 1, (0.01, 0.99, 1e-8, False)),
    ("rmsprop", 1, (0.01, 0.99, 1e-3, True)),
    ("rmsprop_graves", 3, (0.01, 0.95, 0.9, 1e-2)),
]


def steps(module: Any, update: Any, x: Any, gradients: list[Any]) -> list[Any]:
    """The parameter and its state after a step along each gradient."""
    name, count, scalars = update
    arrays = [x.copy(order="K"), *(get_array_module(x).zeros_like(x) for _ in range(count))]
    with np.errstate(all="ignore"):
        for g in gradients:
            getattr(module, name)(arrays[0], g, *arrays[1:], *scalars)
    return arrays


def assert_same_bits(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    for our, their in zip(ours, theirs, strict=True):
        assert our.dtype == their.dtype
        np.testing.assert_array_equal(our, their)  # NaN is NaN, whatever its other bits are
        np.testing.assert_array_equal(np.signbit(our[our == 0]), np.signbit(their[their == 0]))
