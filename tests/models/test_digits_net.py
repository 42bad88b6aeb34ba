"""The demo's network: its parts, its shapes, and that it learns."""

import numpy as np
import pytest

import dwbridge.functions as F
import dwbridge.links as L
from dwbridge import optimizers
from dwbridge.configuration import using_config
from dwbridge.datasets import get_digits
from dwbridge.models import NETWORKS, DigitsNet, SeparableBlock
from dwbridge.training import concat_examples


def test_the_table_names_it() -> None:
    assert NETWORKS["digits"] is DigitsNet


def test_what_it_is_made_of() -> None:
    net = DigitsNet()
    blocks = [child for child in net.children() if isinstance(child, SeparableBlock)]
    assert len(blocks) == 3
    assert any(block.depthwise.channel_multiplier == 2 for block in blocks)
    assert any(tuple(np.broadcast_to(block.depthwise.stride, 2)) == (2, 2) for block in blocks)
    assert net.count_params() == 9722
    assert "/block1/depthwise/W" in dict(net.namedparams())


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_types(batch: int, dtype: type) -> None:
    with using_config("dtype", np.dtype(dtype)):
        net = DigitsNet(width=2)
    y = net(np.random.rand(batch, 1, 8, 8).astype(dtype))
    assert (y.shape, y.dtype) == ((batch, 10), dtype)


@pytest.mark.parametrize(
    ("stride", "multiplier", "shape"), [(1, 1, (2, 5, 7, 7)), (2, 1, (2, 5, 4, 4)), (2, 3, (2, 5, 4, 4))]
)
def test_block(stride: int, multiplier: int, shape: tuple[int, ...]) -> None:
    block = SeparableBlock(3, 5, stride, multiplier)
    assert block(np.random.rand(2, 3, 7, 7).astype("f")).shape == shape
    assert block.depthwise.W.shape == (multiplier, 3, 3, 3)


def test_one_seed_one_network() -> None:
    weights = []
    for seed in (3, 3, 4):
        np.random.seed(seed)
        weights.append(DigitsNet().block2.depthwise.W.array)
    assert np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_it_learns_a_handful_of_digits() -> None:
    x, t = concat_examples(get_digits()[0][:32])
    model = L.Classifier(DigitsNet(width=8))
    optimizer = optimizers.Adam(1e-2)
    optimizer.setup(model)
    losses = []
    for _ in range(30):
        optimizer.update(model, x, t)
        losses.append(float(model.loss.array))
    assert losses[-1] < losses[0] / 3
    assert all(np.abs(param.grad).max() > 0 for param in model.params())
    assert F.accuracy(model.y, t).array > 0.9
