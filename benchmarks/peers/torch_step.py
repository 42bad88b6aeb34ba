"""A training step in torch: the fused Adam, which is the fastest of its three, and gradients set to None.

`step` keeps torch's default layout, NCHW; `step/channels_last` has the images and weights in NHWC.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from networks import NETWORKS
from peers.batch import batch


def versions() -> dict[str, str]:
    import torch

    return {"torch": torch.__version__}


def start(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


def network(request: dict[str, Any]) -> dict[str, Callable[[], float]]:
    """A call for each way, that makes one step and gives the loss before it."""
    return {name: steps(request, name) for name in request.get("operations") or ("step", "step/channels_last")}


def steps(request: dict[str, Any], name: str) -> Callable[[], float]:
    import torch
    from networks.in_torch import network

    layout: Any = torch.channels_last if name.endswith("channels_last") else torch.contiguous_format
    images, labels = batch(request["batch"], request["size"])
    x, t = torch.from_numpy(images).to(memory_format=layout), torch.from_numpy(labels).long()
    net = network(NETWORKS[request["network"]]()).to(memory_format=layout)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)

    def step() -> float:
        adam.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x), t)
        loss.backward()
        adam.step()
        return float(loss.detach())

    return step


def profile(call: Callable[[], float]) -> dict[str, float]:
    """Milliseconds of every kind of operator in one step."""
    from peers.torch_profile import profiled

    return profiled(call)
