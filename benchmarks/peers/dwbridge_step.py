"""A training step in dwbridge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from networks import NETWORKS
from peers.batch import batch

from dwbridge.cli.bench.peers.native import start, versions

__all__ = ["network", "profile", "start", "versions"]


def network(request: dict[str, Any]) -> dict[str, Callable[[], float]]:
    """A call that makes one step and gives the loss before it."""
    from networks.in_dwbridge import network

    from dwbridge import optimizers
    from dwbridge.functions import softmax_cross_entropy

    images, labels = batch(request["batch"], request["size"])
    net = network(NETWORKS[request["network"]]())
    adam = optimizers.Adam(alpha=1e-3).setup(net)

    def step() -> float:
        net.cleargrads()
        loss = softmax_cross_entropy(net(images), labels)
        loss.backward()
        adam.update()
        return float(loss.array)

    return {"step": step}


def profile(call: Callable[[], float]) -> dict[str, float]:
    """Milliseconds of every kind of operator in one step."""
    from peers.dwbridge_profile import profiled

    return profiled(call)
