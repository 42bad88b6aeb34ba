"""A training step of MobileNetV2 on the device: forward, softmax cross entropy, backward, Adam, in both frameworks.

float32, images on the device before; the loss is not read in a step. torch runs eagerly, with its fused Adam, in NCHW
and in channels_last; with its defaults, by which cuDNN multiplies float32 as TF32 (factors of 11 bits), and without
TF32, as dwbridge multiplies.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

from networks import NETWORKS
from peers.batch import batch

from gpu.attempts import attempts, medians
from gpu.clock import Clock

NETWORK = "mobilenet_v2"
#: Steps of a burst, and those before the first.
STEPS, WARM = 5, 3
#: torch's way -> (layout, whether its defaults decide on TF32: else it is off)
WAYS = {
    "contiguous_format": ("contiguous_format", True),
    "channels_last": ("channels_last", True),
    "contiguous_format without TF32": ("contiguous_format", False),
    "channels_last without TF32": ("channels_last", False),
}
#: How far a first loss may be from dwbridge's, of its size: with torch's defaults, and without TF32.
TOLERANCES = {True: 1e-2, False: 1e-3}
#: A step that gives the loss before it, as an array of the device.
Step = Callable[[], Any]


def measured(torch: Any, clock: Clock, count: int, size: int, number: int) -> dict[str, Any]:
    """Seconds of a step for everybody, the first losses, whose loss is wrong, and who failed."""
    failed: dict[str, str] = {}
    makers: dict[str, Callable[[], Step]] = {"dwbridge": functools.partial(own, count, size)}
    if torch is not None:
        makers |= {f"torch {way}": functools.partial(torchs, torch, count, size, *WAYS[way]) for way in WAYS}
    steps = attempts(makers, failed)
    losses = attempts({name: functools.partial(_loss, step) for name, step in steps.items()}, failed)
    ready = attempts({name: functools.partial(clock.wall, steps[name], WARM) for name in losses}, failed)
    bursts = {name: functools.partial(clock.wall, steps[name], STEPS) for name in ready}
    seconds = medians(bursts, number, failed, limit=60)
    return {"seconds": seconds, "losses": losses, "wrong": differing(losses), "failed": failed}


def _loss(step: Step) -> float:
    return float(step())


def differing(losses: dict[str, float]) -> list[str]:
    """Those whose loss is not dwbridge's; nobody where dwbridge has none.

    >>> differing({'dwbridge': 7.0, 'torch channels_last': 7.01, 'torch channels_last without TF32': 7.01})
    ['torch channels_last without TF32']
    """
    first = losses.get("dwbridge")
    if first is None:
        return []
    tolerances = {f"torch {way}": TOLERANCES[defaults] for way, (_, defaults) in WAYS.items()}
    return [name for name, loss in losses.items() if not abs(loss - first) <= tolerances.get(name, 0.0) * abs(first)]


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


def torchs(torch: Any, count: int, size: int, layout: str, defaults: bool) -> Step:
    """The step in torch, with its defaults or without TF32."""
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

    def exact() -> Any:
        with without_tf32(torch):
            return step()

    return step if defaults else exact


@contextlib.contextmanager
def without_tf32(torch: Any) -> Iterator[None]:
    """cuDNN and cuBLAS multiply float32 as it is, for the length of the `with` block."""
    places = torch.backends.cudnn, torch.backends.cuda.matmul
    before = [place.allow_tf32 for place in places]
    try:
        for place in places:
            place.allow_tf32 = False
        yield
    finally:
        for place, allowed in zip(places, before, strict=True):
            place.allow_tf32 = allowed
