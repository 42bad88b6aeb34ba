"""MobileNetV2, width 1.0 (Sandler et al., 2018, table 2): inverted residuals with linear bottlenecks, relu6."""

from __future__ import annotations

from networks.layers import Layer, batch_norm, convolution, depthwise, global_mean, linear, relu6, residual

#: expansion, output channels, repeats, stride of the first
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def layers(classes: int = 1000) -> tuple[Layer, ...]:
    """The network's layers."""
    made = [convolution(3, 32, 3, 2), batch_norm(32), relu6]
    channels = 32
    for expansion, outputs, repeats, first_stride in STAGES:
        for i in range(repeats):
            made += block(channels, outputs, expansion, first_stride if i == 0 else 1)
            channels = outputs
    made += [convolution(channels, 1280), batch_norm(1280), relu6]
    return (*made, global_mean, linear(1280, classes))


def block(inputs: int, outputs: int, expansion: int, stride: int) -> list[Layer]:
    """One inverted residual; the way around it is there where shapes stay."""
    wide = inputs * expansion
    expand = [convolution(inputs, wide), batch_norm(wide), relu6] if expansion > 1 else []
    body = [
        *expand,
        depthwise(wide, 3, stride),
        batch_norm(wide),
        relu6,
        convolution(wide, outputs),
        batch_norm(outputs),
    ]
    return [residual(*body)] if stride == 1 and inputs == outputs else body
