"""One block of a depthwise-separable network: a depthwise 3x3 convolution filters every channel, a 1x1 one mixes them.

x (N, in_channels, H, W) to y (N, out_channels, H', W'), where H' and W' are H and W over the stride, rounded up.
Source: Howard et al., MobileNets (2017), section 3.1 and figure 3.
"""

from typing import Any

import dwbridge.functions as F
import dwbridge.links as L
from dwbridge.autograd import Variable


class SeparableBlock(L.Chain):
    """Depthwise 3x3 convolution, batch normalization, relu; 1x1 convolution, batch normalization, relu.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        stride: of the depthwise convolution.
        channel_multiplier: depthwise kernels, and so channels between the convolutions, for every input channel.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, channel_multiplier: int = 1) -> None:
        super().__init__()
        between = in_channels * channel_multiplier
        with self.init_scope():
            self.depthwise = L.DepthwiseConvolution2D(in_channels, channel_multiplier, 3, stride, 1, nobias=True)
            self.depthwise_bn = L.BatchNormalization(between)
            self.pointwise = L.Convolution2D(between, out_channels, 1, nobias=True)
            self.pointwise_bn = L.BatchNormalization(out_channels)

    def forward(self, x: Any) -> Variable:
        """Output of the block, (N, out_channels, H', W'), of x's dtype."""
        h = F.relu(self.depthwise_bn(self.depthwise(x)))
        return F.relu(self.pointwise_bn(self.pointwise(h)))
