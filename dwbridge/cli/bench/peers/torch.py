"""torch: `conv2d` in inference mode, and `convolution_backward` with all three gradients wanted, without the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def versions() -> dict[str, str]:
    """Versions of what computes."""
    import torch

    return {"torch": torch.__version__, "oneDNN": str(torch.backends.mkldnn.is_available())}


def start(threads: int) -> None:
    """Sets the number of threads."""
    import torch

    torch.set_num_threads(threads)


def calls(arrays: dict[str, Any], stride: int, pad: int, threads: int) -> dict[str, Callable[[], Any]]:
    """`forward`, `backward`: the operators; `backward/function`: `torch.autograd.grad`."""
    import torch

    multiplier, channels, kh, kw = arrays["W"].shape
    weights = arrays["W"].transpose(1, 0, 2, 3).reshape(channels * multiplier, 1, kh, kw).copy()
    x, b, gy = (torch.from_numpy(arrays[name]) for name in ("x", "b", "gy"))
    W = torch.from_numpy(weights)
    both = ([stride, stride], [pad, pad], [1, 1])
    leaves = [value.detach().clone().requires_grad_() for value in (x, W, b)]
    y = torch.conv2d(*leaves, stride, pad, 1, channels)

    def forward() -> Any:
        with torch.inference_mode():
            return (torch.conv2d(x, W, b, stride, pad, 1, channels),)

    def backward() -> Any:
        with torch.inference_mode():
            return torch.ops.aten.convolution_backward(
                gy, x, W, [len(b)], *both, False, [0, 0], channels, [True, True, True]
            )

    return {
        "forward": forward,
        "backward": backward,
        "backward/function": lambda: torch.autograd.grad(y, leaves, gy, retain_graph=True),
    }
