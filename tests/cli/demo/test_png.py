import base64
import struct
import zlib

import numpy as np

from dwbridge.cli.demo.png import data_uri, gray_png


def _chunks(png: bytes) -> dict[bytes, bytes]:
    """Chunks by kind; checks their checksums."""
    found, position = {}, 8
    while position < len(png):
        (length,) = struct.unpack(">I", png[position : position + 4])
        kind, data = png[position + 4 : position + 8], png[position + 8 : position + 8 + length]
        assert struct.unpack(">I", png[position + 8 + length : position + 12 + length])[0] == zlib.crc32(kind + data)
        found[kind], position = data, position + 12 + length
    return found


def test_pixels_come_back() -> None:
    pixels = np.random.randint(0, 256, (3, 5)).astype(np.uint8)
    chunks = _chunks(gray_png(pixels))
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    assert struct.unpack(">IIBBBBB", chunks[b"IHDR"]) == (5, 3, 8, 0, 0, 0, 0)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(3, 6)
    np.testing.assert_array_equal(rows[:, 0], 0)
    np.testing.assert_array_equal(rows[:, 1:], pixels)


def test_address() -> None:
    kind, _, data = data_uri(b"abc").partition(",")
    assert (kind, base64.b64decode(data)) == ("data:image/png;base64", b"abc")
