"""Networks in torch. Layer norm over channels goes through the last axis, as in torchvision's ConvNeXt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from networks import EPS
from networks.layers import Layer, weights


class ChannelNorm(nn.LayerNorm):
    """Layer norm over axis 1."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class GlobalMean(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))


class Residual(nn.Sequential):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + super().forward(x)


PLAIN: dict[str, Any] = {
    "relu": lambda: nn.ReLU(inplace=True),
    "relu6": lambda: nn.ReLU6(inplace=True),
    "gelu": nn.GELU,
    "global_mean": GlobalMean,
}


def network(layers: Iterable[Layer]) -> nn.Module:
    """The network, with its initial weights."""
    layers = tuple(layers)
    given = weights(layers)
    return nn.Sequential(*(made(layer, given) for layer in layers))


def made(layer: Layer, given: Iterator[list[np.ndarray]]) -> nn.Module:
    """One layer; takes its weights from the row."""
    if layer.kind in PLAIN:
        return PLAIN[layer.kind]()
    if layer.kind == "residual":
        return Residual(*(made(inside, given) for inside in layer.body))
    module = empty(layer)
    with torch.no_grad():
        for parameter, value in zip(module.parameters(), next(given), strict=True):
            parameter.copy_(torch.from_numpy(value))
    return module


def empty(layer: Layer) -> nn.Module:
    """The module of a layer with weights."""
    inputs, outputs, kernel, stride, bias = layer.sizes
    if layer.kind == "linear":
        return nn.Linear(inputs, outputs)
    if layer.kind == "batch_norm":
        return nn.BatchNorm2d(outputs, eps=EPS["batch_norm"])
    if layer.kind == "layer_norm":
        return ChannelNorm(outputs, eps=EPS["layer_norm"])
    groups = inputs if layer.kind == "depthwise" else 1
    return nn.Conv2d(inputs, outputs, kernel, stride, layer.pad, groups=groups, bias=bool(bias))
