"""A depthwise-separable network for the embedded digits: x (N, 1, 8, 8) in 0..1 to y (N, 10), one score for each digit.

    stem      3x3 convolution                                         (N, 16, 8, 8)
    block1    depthwise 3x3 with two kernels for each channel, 1x1    (N, 32, 8, 8)
    block2    depthwise 3x3 with stride 2, 1x1                        (N, 64, 4, 4)
    block3    depthwise 3x3, 1x1                                      (N, 64, 4, 4)
    fc        mean over the image, linear                             (N, 10)

Batch normalization and relu follow every convolution, so that none has a bias. 9,722 numbers are trained.
"""

from typing import Any

import dwbridge.functions as F
import dwbridge.links as L
from dwbridge.autograd import Variable
from dwbridge.models.separable_block import SeparableBlock


class DigitsNet(L.Chain):
    """The network that `dwbridge demo` trains.

    Args:
        width: channels of the stem; every later layer has a multiple of it.

    Example:
        >>> import numpy as np
        >>> DigitsNet()(np.zeros((2, 1, 8, 8), np.float32)).shape
        (2, 10)
    """

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        with self.init_scope():
            self.conv = L.Convolution2D(1, width, 3, 1, 1, nobias=True)
            self.bn = L.BatchNormalization(width)
            self.block1 = SeparableBlock(width, 2 * width, channel_multiplier=2)
            self.block2 = SeparableBlock(2 * width, 4 * width, stride=2)
            self.block3 = SeparableBlock(4 * width, 4 * width)
            self.fc = L.Linear(4 * width, 10)

    def forward(self, x: Any) -> Variable:
        """Scores (N, 10) of images x (N, 1, 8, 8), in x's dtype."""
        h = F.relu(self.bn(self.conv(x)))
        h = self.block3(self.block2(self.block1(h)))
        return self.fc(F.mean(h, axis=(2, 3)))
