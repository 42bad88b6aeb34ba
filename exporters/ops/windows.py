"""Windows in ONNX's words: kernel_shape, strides, pads, dilations, auto_pad <-> Window2D."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Node
from dwbridge.geometry import Padding, Pair, Window2D


def window_attributes(window: Window2D, dilations: bool = True) -> dict[str, Any]:
    """The attributes that say a window; all are written out, so that no runtime has to fill in a default."""
    (top, bottom), (left, right) = window.pad
    attributes: dict[str, Any] = {
        "kernel_shape": list(window.kernel),
        "strides": list(window.stride),
        "pads": [top, left, bottom, right],
    }
    return attributes | ({"dilations": list(window.dilate)} if dilations else {})


def window_of(node: Node, kernel: Pair | None = None, cover_all: bool = False) -> Window2D:
    """The window of a node.

    Args:
        node: a Conv or a pooling.
        kernel: size of the weights; None: `kernel_shape` must be there.
        cover_all: passed on.

    Raises:
        UnsupportedError: if it is not a window over images, contradicts the weights, or pads by a rule that depends on
            the size of the images.
    """
    shape = _entries(node, "kernel_shape", list(kernel) if kernel else [], 2)
    if kernel is not None and tuple(shape) != tuple(kernel):
        raise UnsupportedError(f"kernel_shape {shape} contradicts the weights' {list(kernel)}")
    strides = _entries(node, "strides", [1, 1], 2)
    dilations = _entries(node, "dilations", [1, 1], 2)
    window = Window2D.of(shape, strides, _pads(node, strides), dilations, cover_all)
    return window if _rule(node) in ("NOTSET", "VALID") else _same_size(window, _rule(node))


def _rule(node: Node) -> str:
    return node.attribute("auto_pad", "NOTSET")


def _entries(node: Node, name: str, default: list[int], count: int) -> list[int]:
    entries = list(node.attribute(name, default))
    if len(entries) != count:
        raise UnsupportedError(f"expected {count} {name} (images), got {entries}")
    return entries


def _pads(node: Node, strides: Sequence[int]) -> Padding:
    pads = _entries(node, "pads", [0, 0, 0, 0], 4)
    if min(pads) < 0:
        raise UnsupportedError(f"pads must not be negative, got {pads}")
    rule = _rule(node)
    if rule == "VALID" and any(pads):
        raise UnsupportedError(f"auto_pad VALID contradicts pads {pads}")
    if rule in ("SAME_UPPER", "SAME_LOWER") and max(strides) > 1:
        raise UnsupportedError(f"auto_pad {rule} with strides {list(strides)} pads by the size of the images")
    if rule not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
        raise UnsupportedError(f"auto_pad {rule!r} is not known")
    top, left, bottom, right = pads
    return (top, bottom), (left, right)


def _same_size(window: Window2D, rule: str) -> Window2D:
    """The padding with which a window of stride 1 keeps the images' size; the odd one goes where the rule says."""
    pads = []
    for extent in window.extent:
        small, large = (extent - 1) // 2, extent - 1 - (extent - 1) // 2
        pads.append((small, large) if rule == "SAME_UPPER" else (large, small))
    return Window2D.of(window.kernel, 1, tuple(pads), window.dilate, window.cover_all)
