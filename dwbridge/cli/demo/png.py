"""Small gray images as PNG, for pages that carry their pictures along. Source: the PNG specification, 3rd edition."""

import base64
import struct
import zlib

import numpy as np


def gray_png(pixels: np.ndarray) -> bytes:
    """A PNG file of 8-bit gray pixels.

    Args:
        pixels: uint8 (H, W), 0 black, 255 white.

    Example:
        >>> gray_png(np.zeros((2, 2), np.uint8))[:4]
        b'\\x89PNG'
    """
    height, width = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    # Every row begins with its filter; 0 is none.
    rows = np.pad(pixels, ((0, 0), (1, 0))).tobytes()
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def data_uri(png: bytes) -> str:
    """A PNG file as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
