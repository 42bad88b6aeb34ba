"""A small ConvNeXt (Liu et al., 2022): depthwise 7x7, layer norm, 1x1 to four times the channels, gelu, 1x1 back.

A quarter of ConvNeXt-T's channels and two thirds of its depth, for images of 96x96; without layer scale and drop path.
"""

from __future__ import annotations

from networks.layers import Layer, convolution, depthwise, gelu, global_mean, layer_norm, linear, residual

#: blocks, channels of every stage
STAGES = ((2, 40), (2, 80), (6, 160), (2, 320))


def layers(classes: int = 1000) -> tuple[Layer, ...]:
    """The network's layers."""
    made: list[Layer] = []
    channels = 3
    for i, (blocks, outputs) in enumerate(STAGES):
        down = convolution(channels, outputs, 2, 2, bias=True)
        made += [layer_norm(channels), down] if i else [convolution(3, outputs, 4, 4, bias=True), layer_norm(outputs)]
        made += [block(outputs)] * blocks
        channels = outputs
    return (*made, global_mean, layer_norm(channels), linear(channels, classes))


def block(channels: int) -> Layer:
    """One residual block."""
    return residual(
        depthwise(channels, 7, bias=True),
        layer_norm(channels),
        convolution(channels, 4 * channels, bias=True),
        gelu,
        convolution(4 * channels, channels, bias=True),
    )
