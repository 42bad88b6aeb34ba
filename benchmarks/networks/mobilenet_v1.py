"""MobileNetV1, width 1.0 (Howard et al., 2017, table 1): depthwise 3x3, then 1x1, each with batch norm and relu."""

from __future__ import annotations

from networks.layers import Layer, batch_norm, convolution, depthwise, global_mean, linear, relu

#: output channels, stride of every block
BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))


def layers(classes: int = 1000) -> tuple[Layer, ...]:
    """The network's layers."""
    made = [convolution(3, 32, 3, 2), batch_norm(32), relu]
    channels = 32
    for outputs, stride in BLOCKS:
        made += [depthwise(channels, 3, stride), batch_norm(channels), relu]
        made += [convolution(channels, outputs), batch_norm(outputs), relu]
        channels = outputs
    return (*made, global_mean, linear(channels, classes))
