"""Networks in dwbridge: links in a `Sequential`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

import dwbridge.functions as F
import dwbridge.links as L
from dwbridge.autograd import Variable
from networks import EPS
from networks.layers import Layer, weights


class Residual(L.Sequential):
    """x + body(x)."""

    def forward(self, x: Any) -> Variable:
        return F.add(x, super().forward(x))


PLAIN: dict[str, Callable[..., Any]] = {
    "relu": F.relu,
    "relu6": F.relu6,
    "gelu": F.gelu,
    "global_mean": lambda x: F.mean(x, axis=(2, 3)),
}


def network(layers: Iterable[Layer]) -> L.Sequential:
    """The network, with its initial weights."""
    layers = tuple(layers)
    given = weights(layers)
    return L.Sequential(*(made(layer, given) for layer in layers))


def made(layer: Layer, given: Iterator[list[np.ndarray]]) -> Callable[..., Any]:
    """One layer; takes its weights from the row."""
    if layer.kind in PLAIN:
        return PLAIN[layer.kind]
    if layer.kind == "residual":
        return Residual(*(made(inside, given) for inside in layer.body))
    link = empty(layer)
    for name, value in zip(names(layer), next(given)):
        parameter = getattr(link, name)
        # dwbridge keeps the kernels of a depthwise convolution as (M, C, k, k), with M = 1 here.
        parameter.array[...] = value.swapaxes(0, 1) if parameter.ndim == 4 and layer.kind == "depthwise" else value
    return link


def names(layer: Layer) -> tuple[str, str]:
    """Names of the parameters, in the order of the weights."""
    return ("gamma", "beta") if layer.kind.endswith("_norm") else ("W", "b")


def empty(layer: Layer) -> L.Link:
    """The link of a layer with weights."""
    inputs, outputs, kernel, stride, bias = layer.sizes
    if layer.kind == "linear":
        return L.Linear(inputs, outputs)
    if layer.kind == "batch_norm":
        return L.BatchNormalization(outputs, eps=EPS["batch_norm"])
    if layer.kind == "layer_norm":
        return L.LayerNormalization(outputs, eps=EPS["layer_norm"])
    if layer.kind == "depthwise":
        return L.DepthwiseConvolution2D(inputs, 1, kernel, stride, layer.pad, nobias=not bias)
    return L.Convolution2D(inputs, outputs, kernel, stride, layer.pad, nobias=not bias)
