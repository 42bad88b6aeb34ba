"""A small network with a layer of each kind that mobile networks have, and its training on any device."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from seed import SEED

from dwbridge import Chain, Variable
from dwbridge import functions as F
from dwbridge import links as L
from dwbridge.configuration import get_dtype


class SmallNetwork(Chain):
    """Images (N, 3, 16, 16) to scores (N, 5)."""

    def __init__(self) -> None:
        super().__init__()
        with self.init_scope():
            self.stem = L.Convolution2D(3, 8, 3, stride=2, pad=1, nobias=True)
            self.stem_norm = L.BatchNormalization(8)
            self.depthwise = L.DepthwiseConvolution2D(8, 1, 3, pad=1, nobias=True)
            self.depthwise_norm = L.BatchNormalization(8)
            self.pointwise = L.Convolution2D(8, 12, 1)
            self.pointwise_norm = L.BatchNormalization(12, use_beta=False)
            self.doubled = L.DepthwiseConvolution2D(12, 2, 3, stride=2, pad=1)
            self.scores = L.Linear(24, 5)

    def forward(self, x: Any) -> Variable:
        h = F.relu(self.stem_norm(self.stem(x)))
        h = F.relu6(self.depthwise_norm(self.depthwise(h)))
        h = F.leaky_relu(self.pointwise_norm(self.pointwise(h)))
        h = F.max_pooling_2d(h, 2, stride=1, pad=1)
        h = F.dropout(F.average_pooling_2d(self.doubled(h), 2, stride=1, pad=1), 0.0)
        return self.scores(F.mean(h, axis=(2, 3)))


def batches(steps: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Images of the configured type and labels, the same every time; a label in each batch is to be ignored."""
    rng = np.random.default_rng(SEED)
    for _ in range(steps):
        t = rng.integers(0, 5, 4).astype(np.int32)
        t[rng.integers(4)] = -1
        yield rng.normal(size=(4, 3, 16, 16)).astype(get_dtype()), t


def losses(
    device: Any, optimizer: Any, steps: int = 4, watched: Callable[[Callable[[], Any]], Any] = lambda step: step()
) -> list[float]:
    """The losses of a training, whose steps are handed to `watched`; images and labels are on the device before."""
    np.random.seed(SEED)
    network = SmallNetwork()
    network.to_device(device)
    optimizer.setup(network)
    found = []
    for x, t in batches(steps):
        x, t = network.device.send((x, t))
        loss = watched(lambda x=x, t=t: _step(network, optimizer, x, t))  # type: ignore[misc]
        found.append(float(loss.array))
    return found


def _step(network: SmallNetwork, optimizer: Any, x: Any, t: Any) -> Variable:
    loss = F.softmax_cross_entropy(network(x), t)
    network.cleargrads()
    loss.backward()
    optimizer.update()
    return loss
