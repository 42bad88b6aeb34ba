"""`chainer.utils.conv`: sizes of convolutions along one axis."""

from dwbridge.geometry import output_size

__all__ = ["get_conv_outsize", "get_deconv_outsize"]


def get_conv_outsize(size: int, k: int, s: int, p: int, cover_all: bool = False, d: int = 1) -> int:
    """Number of windows of kernel size `k`, stride `s`, dilation `d` over `size` elements padded by `p` on each side.

    >>> get_conv_outsize(8, 3, 2, 1), get_conv_outsize(8, 3, 2, 1, cover_all=True)
    (4, 5)
    """
    return output_size(size, k, s, (p, p), d, cover_all)


def get_deconv_outsize(size: int, k: int, s: int, p: int, cover_all: bool = False, d: int = 1) -> int:
    """Size of the image from which a convolution with these settings makes `size` windows.

    >>> get_deconv_outsize(4, 3, 2, 1)
    7
    """
    extent = (k - 1) * d + 1
    return s * (size - 1) + extent - (s - 1 if cover_all else 0) - 2 * p
