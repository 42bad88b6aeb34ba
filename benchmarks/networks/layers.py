"""The words in which networks are written, so that every framework builds the same one with the same weights.

A network is a tuple of layers. `in_dwbridge.py` and `in_torch.py` say what each kind is there. Activations are the
functions of their names; `layer_norm` is over channels, `global_mean` over pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np


class Layer(NamedTuple):
    """One layer: `sizes` are in_channels, out_channels, kernel, stride, 0 or 1 for the bias; what a kind does not have
    is 1. A residual has layers inside."""

    kind: str
    sizes: tuple[int, int, int, int, int] = (1, 1, 1, 1, 0)
    body: tuple[Layer, ...] = ()

    @property
    def pad(self) -> int:
        """Zeros on every side: odd kernels keep the map's size, even ones (of patches) have none."""
        return self.sizes[2] // 2 if self.sizes[2] % 2 else 0


def convolution(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, bias: bool = False) -> Layer:
    return Layer("convolution", (inputs, outputs, kernel, stride, int(bias)))


def depthwise(channels: int, kernel: int = 3, stride: int = 1, bias: bool = False) -> Layer:
    return Layer("depthwise", (channels, channels, kernel, stride, int(bias)))


def linear(inputs: int, outputs: int) -> Layer:
    return Layer("linear", (inputs, outputs, 1, 1, 1))


def batch_norm(channels: int) -> Layer:
    return Layer("batch_norm", (channels, channels, 1, 1, 1))


def layer_norm(channels: int) -> Layer:
    return Layer("layer_norm", (channels, channels, 1, 1, 1))


def residual(*body: Layer) -> Layer:
    return Layer("residual", body=body)


relu, relu6, gelu, global_mean = map(Layer, ("relu", "relu6", "gelu", "global_mean"))


def weights(layers: Iterable[Layer], draw: np.random.Generator | None = None) -> Iterator[list[np.ndarray]]:
    """[W, b], [W] or [gamma, beta] of every layer that has any, in the order in which they are called.

    Convolutions have W (out, in, k, k), depthwise ones (C, 1, k, k), as in an ONNX Conv. He's normal distribution
    (He et al., 2015), so that a signal keeps its size.
    """
    draw = draw or np.random.default_rng(0)
    for layer in layers:
        inputs, outputs, kernel, _, bias = layer.sizes
        if layer.kind == "residual":
            yield from weights(layer.body, draw)
        elif layer.kind.endswith("_norm"):
            yield [np.ones(outputs, np.float32), np.zeros(outputs, np.float32)]
        elif outputs > 1:
            shape = {
                "convolution": (outputs, inputs, kernel, kernel),
                "depthwise": (outputs, 1, kernel, kernel),
                "linear": (outputs, inputs),
            }[layer.kind]
            scale = np.float32(np.sqrt(2 / np.prod(shape[1:])))
            W = draw.standard_normal(shape, dtype=np.float32) * scale
            yield [W, np.zeros(outputs, np.float32)][: 1 + bias]
