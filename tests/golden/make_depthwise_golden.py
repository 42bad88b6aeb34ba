"""Makes `chainer_depthwise.npz` with real Chainer 7.8.1: depthwise convolution, its gradients, and theirs.

    python make_depthwise_golden.py      in an environment with chainer==7.8.1 and numpy==1.23.5

For each setting and each pair of types of x and W: y, the gradients gx, gW, gb of <gy, y>, and the gradients of
<ggx, gx> + <ggW, gW> by x, W and gy. Inputs are small multiples of 1/8, exact in every type.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent

#: name -> (shape of x, shape of W, stride, pad, with a bias)
SETTINGS: dict[str, tuple[tuple[int, ...], tuple[int, ...], Any, Any, bool]] = {
    "plain": ((1, 2, 4, 5), (1, 2, 3, 3), 1, 0, True),
    "multiplier-2": ((2, 2, 4, 3), (2, 2, 3, 3), 1, 1, True),
    "multiplier-3-no-bias": ((1, 2, 3, 4), (3, 2, 2, 2), 1, 0, False),
    "stride-2": ((1, 3, 5, 5), (2, 3, 3, 3), 2, 1, True),
    "stride-2-1": ((1, 2, 5, 4), (1, 2, 3, 3), (2, 1), 1, True),
    "kernel-1x3": ((1, 2, 3, 5), (2, 2, 1, 3), 1, (0, 1), True),
    "kernel-3x1": ((1, 2, 5, 3), (2, 2, 3, 1), 1, (1, 0), False),
    "even-kernel": ((1, 2, 4, 4), (1, 2, 4, 4), 1, 2, True),
    "pad-beyond-kernel": ((1, 1, 2, 3), (2, 1, 2, 2), 1, (3, 2), True),
    "single-output-pixel": ((2, 2, 3, 3), (2, 2, 3, 3), 1, 0, True),
}
TYPES = ("float16", "float32", "float64")
RESULTS = ("y", "gx", "gW", "gb", "dx", "dW", "dgy")


def eighths(rng: np.random.RandomState, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return (rng.randint(-8, 9, shape) / 8).astype(dtype)


def inputs_of(name: str, x_type: str, W_type: str, y_shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """x, W, b, gy, ggx, ggW of a setting, from a seed of their own."""
    x_shape, W_shape, _, _, bias = SETTINGS[name]
    rng = np.random.RandomState(sum(map(ord, name)))
    given = {"x": eighths(rng, x_shape, x_type), "W": eighths(rng, W_shape, W_type)}
    given |= {"ggx": eighths(rng, x_shape, x_type), "ggW": eighths(rng, W_shape, W_type)}
    b = eighths(rng, (W_shape[0] * W_shape[1],), x_type)
    return given | ({"b": b} if bias else {}) | {"gy": eighths(rng, y_shape, x_type)}


def output_shape(name: str) -> tuple[int, ...]:
    """(N, C*M, oH, oW)."""
    (n, c, h, w), (m, _, kh, kw), stride, pad, _ = SETTINGS[name]
    (sy, sx), (py, px) = (v if isinstance(v, tuple) else (v, v) for v in (stride, pad))
    return n, c * m, (h + 2 * py - kh) // sy + 1, (w + 2 * px - kw) // sx + 1


def computed(framework: Any, functions: Any, name: str, x_type: str, W_type: str) -> dict[str, np.ndarray]:
    """Everything that is kept of one setting, by either library."""
    given = inputs_of(name, x_type, W_type, output_shape(name))
    x, W, gy = (framework.Variable(given[key]) for key in ("x", "W", "gy"))
    b = framework.Variable(given["b"]) if "b" in given else None
    _, _, stride, pad, _ = SETTINGS[name]
    y = functions.depthwise_convolution_2d(x, W, b, stride=stride, pad=pad)
    wanted = [x, W] if b is None else [x, W, b]
    gx, gW, *gb = framework.grad([y], wanted, [gy], enable_double_backprop=True)
    seconds = framework.grad([gx, gW], [x, W, gy], [framework.Variable(given["ggx"]), framework.Variable(given["ggW"])])
    results = [y, gx, gW, gb[0] if gb else None, *seconds]
    return {key: value.array for key, value in zip(RESULTS, results) if value is not None}


def flattened(results: Iterable[dict[str, np.ndarray]]) -> np.ndarray:
    """All numbers in a row, in float64, which holds every type exactly; a few long members make a small archive."""
    return np.concatenate([array.ravel().astype(np.float64) for result in results for array in result.values()])


def main() -> None:
    import chainer

    kept = {
        f"{x_type}/{W_type}": flattened(computed(chainer, chainer.functions, name, x_type, W_type) for name in SETTINGS)
        for x_type in TYPES
        for W_type in TYPES
    }
    np.savez_compressed(HERE / "chainer_depthwise.npz", **kept)


if __name__ == "__main__":
    main()
