"""A training step of MobileNetV2 on the device: forward, softmax cross entropy, backward, Adam, in both frameworks.

float32, images on the device before; the loss is not read in a step. torch runs eagerly, with its fused Adam, in NCHW
and in channels_last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from networks import NETWORKS
from peers.batch import batch

NETWORK = "mobilenet_v2"
#: A step that gives the loss before it, as an array of the device.
Step = Callable[[], Any]


def own(count: int, size: int) -> Step:
    """The step in dwbridge."""
    from networks.in_dwbridge import network

    from dwbridge import optimizers
    from dwbridge.functions import softmax_cross_entropy

    net = network(NETWORKS[NETWORK]())
    net.to_device("@cupy:0")
    images, labels = net.device.send(batch(count, size))
    adam = optimizers.Adam(alpha=1e-3).setup(net)

    def step() -> Any:
        net.cleargrads()
        loss = softmax_cross_entropy(net(images), labels)
        loss.backward()
        adam.update()
        return loss.array

    return step


def torchs(torch: Any, count: int, size: int, layout: str) -> Step:
    """The step in torch."""
    from networks.in_torch import network

    memory_format = getattr(torch, layout)
    images, labels = batch(count, size)
    x = torch.from_numpy(images).cuda().to(memory_format=memory_format)
    t = torch.from_numpy(labels).cuda().long()
    net = network(NETWORKS[NETWORK]()).cuda().to(memory_format=memory_format)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)

    def step() -> Any:
        adam.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x), t)
        loss.backward()
        adam.step()
        return loss.detach()

    return step
