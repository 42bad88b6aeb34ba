"""torch's depthwise convolutions, on the same memory: through cuDNN and its own, in NCHW and in channels_last.

torch keeps its defaults, TF32 among them, but for cuDNN's search for the fastest algorithm, which is on: the search is
made before the times are taken.
"""

from __future__ import annotations

import functools
import importlib
from types import ModuleType
from typing import Any

from dwbridge.cli.bench.shapes import Shape
from gpu.clock import Call

#: way -> (whether cuDNN is used, layout)
WAYS = {
    "cudnn": (True, "contiguous_format"),
    "native": (False, "contiguous_format"),
    "cudnn channels_last": (True, "channels_last"),
    "native channels_last": (False, "channels_last"),
}
MASKS = {"backward_data": (True, False, False), "backward_weight": (False, True, False)}


def installed() -> ModuleType | None:
    """torch, if it is installed and sees the device."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return None
    return torch if torch.cuda.is_available() else None


def tf32(torch: Any) -> dict[str, bool]:
    """Whether cuDNN and cuBLAS may multiply float32 as TF32, with factors of 11 bits: torch's names for it."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    return {"cudnn.allow_tf32": bool(cudnn.allow_tf32), "cuda.matmul.allow_tf32": bool(matmul.allow_tf32)}


def calls(torch: Any, sets: list[dict[str, Any]], shape: Shape, way: str) -> dict[str, Call]:
    """What is timed, as in `own.calls`."""
    cudnn, layout = WAYS[way]
    tensors = [_tensors(torch, one, layout) for one in sets]
    stride, pad = [shape.stride] * 2, [shape.pad] * 2
    # The context would set what it is not told to a default of its own.
    flags = {"enabled": cudnn, "benchmark": True, "allow_tf32": torch.backends.cudnn.allow_tf32}

    def forward(i: int) -> Any:
        with torch.backends.cudnn.flags(**flags):
            return torch.conv2d(tensors[i]["x"], tensors[i]["W"], None, stride, pad, 1, shape.channels)

    def backward(mask: tuple[bool, bool, bool], i: int) -> Any:
        given = [tensors[i][name] for name in ("gy", "x", "W")]
        with torch.backends.cudnn.flags(**flags):
            gradients = torch.ops.aten.convolution_backward(
                *given, None, stride, pad, [1, 1], False, [0, 0], shape.channels, list(mask)
            )
        return gradients[mask.index(True)]

    return {"forward": forward, **{name: functools.partial(backward, mask) for name, mask in MASKS.items()}}


def _tensors(torch: Any, arrays: dict[str, Any], layout: str) -> dict[str, Any]:
    """The arrays as tensors; W as torch has it, (C, 1, k, k)."""
    tensors = {name: torch.from_dlpack(array) for name, array in arrays.items()}
    tensors["W"] = tensors["W"].transpose(0, 1)
    return {name: one.contiguous(memory_format=getattr(torch, layout)) for name, one in tensors.items()}
