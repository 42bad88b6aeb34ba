"""The layer of 2-D convolution, in groups.

x (N, C, H, W);  W (O, C/groups, kH, kW);  b (O,);  y (N, O, oH, oW).
"""

from collections.abc import Iterator
from typing import Any

from dwbridge.autograd import Parameter, Variable, as_array
from dwbridge.functions import convolution_2d
from dwbridge.geometry import pair
from dwbridge.initializers import _get_initializer
from dwbridge.links.argument_pair import argument_pair
from dwbridge.links.link import Link


class Convolution2D(Link):
    """2-D convolution.

    `Convolution2D(out_channels, ksize)` is short for `Convolution2D(None, out_channels, ksize)`.

    Args:
        in_channels: number of input channels C; None takes it from the first input.
        out_channels: number of output channels O.
        ksize: rows and columns of the kernels: an integer or a pair.
        stride: an integer or a pair.
        pad: an integer, a pair (y, x), or ((top, bottom), (left, right)).
        nobias: whether there is no bias.
        initialW: initializer of W: a scalar, an array, a callable or an `Initializer`; None for `LeCunNormal`.
        initial_bias: initializer of b; None for 0.
        dilate: distance of the kernel's cells: an integer or a pair.
        groups: into how many groups the channels are split, each convolved by itself.

    Attributes:
        W: weight, of shape (O, C/groups, kH, kW).
        b: bias, of shape (O,), or None.

    Raises:
        ValueError: if `groups` does not divide the numbers of channels.

    Example:
        >>> import numpy as np
        >>> layer = Convolution2D(3, 8, 3, stride=2, pad=1)
        >>> layer(np.zeros((1, 3, 8, 8), np.float32)).shape
        (1, 8, 4, 4)
    """

    def __init__(
        self,
        in_channels: int | None,
        out_channels: Any,
        ksize: Any = None,
        stride: Any = 1,
        pad: Any = 0,
        nobias: bool = False,
        initialW: Any = None,
        initial_bias: Any = None,
        *,
        dilate: Any = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        if ksize is None:
            in_channels, out_channels, ksize = None, in_channels, out_channels
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.ksize = ksize
        self.stride = argument_pair(stride)
        self.pad = argument_pair(pad)
        self.dilate = argument_pair(dilate)
        self.groups = int(groups)
        with self.init_scope():
            self.W = Parameter(_get_initializer(initialW))
            if in_channels is not None:
                self._initialize_params(in_channels)
            bias = _get_initializer(0 if initial_bias is None else initial_bias)
            self.b = None if nobias else Parameter(bias, out_channels)

    def _initialize_params(self, in_channels: int) -> None:
        for side, channels in (("output", self.out_channels), ("input", in_channels)):
            if channels % self.groups:
                raise ValueError(
                    f"the number of {side} channels (={channels}) must be divisible by "
                    f"the number of groups (={self.groups})"
                )
        self.W.initialize((self.out_channels, in_channels // self.groups, *pair(self.ksize)))

    @classmethod
    def from_params(
        cls,
        W: Any,
        b: Any = None,
        stride: Any = 1,
        pad: Any = 0,
        nobias: bool = False,
        *,
        dilate: Any = 1,
        groups: int = 1,
    ) -> "Convolution2D":
        """A layer with the given weight and bias (arrays or variables)."""
        out_channels, per_group, kh, kw = W.shape
        if b is not None and b.size != out_channels:
            raise ValueError(f"`out_channels` (={out_channels}) does not match the size of `b` (={b.size})")
        initial = {"initialW": as_array(W), "initial_bias": as_array(b)}
        channels = per_group * groups
        return cls(channels, out_channels, (kh, kw), stride, pad, nobias, dilate=dilate, groups=groups, **initial)

    @property
    def printable_specs(self) -> Iterator[tuple[str, Any]]:
        for name in ("in_channels", "out_channels", "ksize", "stride", "pad"):
            yield name, getattr(self, name)
        yield "nobias", self.b is None
        yield "dilate", self.dilate
        yield "groups", self.groups

    def forward(self, x: Any) -> Variable:
        """The convolution of x (N, C, H, W), of shape (N, O, oH, oW)."""
        if self.W.array is None:
            self._initialize_params(x.shape[1])
        return convolution_2d(x, self.W, self.b, self.stride, self.pad, dilate=self.dilate, groups=self.groups)
