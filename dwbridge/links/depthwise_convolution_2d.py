"""The layer of depthwise convolution: every input channel is filtered by its own `channel_multiplier` kernels.

x (N, C, H, W);  W (M, C, kH, kW);  b (C*M,);  y (N, C*M, oH, oW).  Output channel c*M + m is kernel m of channel c.
"""

from typing import Any

import numpy as np

from dwbridge.autograd import Parameter, Variable
from dwbridge.functions import depthwise_convolution_2d
from dwbridge.geometry import pair
from dwbridge.initializers import HeNormal, _get_initializer
from dwbridge.links.argument_pair import argument_pair
from dwbridge.links.link import Link


class DepthwiseConvolution2D(Link):
    """Depthwise 2-D convolution.

    Args:
        in_channels: number of input channels C; None takes it from the first input.
        channel_multiplier: kernels per input channel, M.
        ksize: rows and columns of the kernels: an integer or a pair.
        stride: an integer or a pair.
        pad: an integer, a pair (y, x), or ((top, bottom), (left, right)).
        nobias: whether there is no bias; `initial_bias` is then ignored.
        initialW: initializer of W: a scalar, an array that broadcasts to (M, C, kH, kW), a callable or an
            `Initializer`; None draws from a normal distribution of deviation sqrt(1 / (C*kH*kW)).
        initial_bias: initializer of b; None for 0.
        dilate: distance of the kernel's cells: an integer or a pair.

    Attributes:
        W: weight, of shape (M, C, kH, kW).
        b: bias, of shape (C*M,), or None.

    Raises:
        TypeError: if an initializer is of another kind, or `ksize` is no integer.
        ValueError: if an array does not broadcast to its parameter's shape.

    Example:
        >>> layer = DepthwiseConvolution2D(3, 2, 5, pad=2)
        >>> layer(np.zeros((1, 3, 8, 8), np.float32)).shape
        (1, 6, 8, 8)
    """

    def __init__(
        self,
        in_channels: int | None,
        channel_multiplier: int,
        ksize: Any,
        stride: Any = 1,
        pad: Any = 0,
        nobias: bool = False,
        initialW: Any = None,
        initial_bias: Any = None,
        *,
        dilate: Any = 1,
    ) -> None:
        super().__init__()
        self.ksize = ksize
        self.stride = argument_pair(stride)
        self.pad = argument_pair(pad)
        self.dilate = argument_pair(dilate)
        self.channel_multiplier = channel_multiplier
        self.nobias = nobias
        with self.init_scope():
            # HeNormal(sqrt(1/2)) and not LeCunNormal(1): their deviations differ in the last bit for some fans.
            self.W = Parameter(_get_initializer(HeNormal(1.0 / np.sqrt(2)) if initialW is None else initialW))
            self.b = None if nobias else Parameter(_get_initializer(0 if initial_bias is None else initial_bias))
        if in_channels is not None:
            self._initialize_params(in_channels)

    def _initialize_params(self, in_channels: int) -> None:
        self.W.initialize((self.channel_multiplier, in_channels, *pair(self.ksize)))
        if self.b is not None:
            self.b.initialize(self.channel_multiplier * in_channels)

    def forward(self, x: Any) -> Variable:
        """The convolution of x (N, C, H, W), of shape (N, C*M, oH, oW).

        Raises:
            InvalidType: if x is not floating, not 4-d, or has not C channels.
        """
        if self.W.array is None:
            self._initialize_params(x.shape[1])
        return depthwise_convolution_2d(x, self.W, self.b, self.stride, self.pad, dilate=self.dilate)
