"""The reference kernels where the operators' cases do not look: blocks, NaN and infinity, the seam."""

import itertools

import numpy as np
import pytest

from dwbridge.configuration import using_config
from dwbridge.geometry import Window2D
from dwbridge.kernels import MODULES, kernels_for
from dwbridge.kernels.reference import convolution, depthwise, framing, max_pooling

WINDOW = Window2D.of(3, stride=2, pad=((1, 0), (2, 1)))


def arrays(m: int = 2, images: int = 3, channels: int = 5) -> tuple[np.ndarray, ...]:
    x = np.random.normal(size=(images, channels, 7, 6))
    W = np.random.normal(size=(m, channels, 3, 3))
    oh, ow = WINDOW.output_shape((7, 6))
    return x, W, np.random.normal(size=channels * m), np.random.normal(size=(images, channels * m, oh, ow))


@pytest.mark.parametrize("block_bytes", [1, 3_000, 10_000])
def test_depthwise_does_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch, block_bytes: int) -> None:
    x, W, b, gy = arrays()
    whole = (
        depthwise.forward(x, W, b, WINDOW),
        depthwise.backward_data(gy, W, WINDOW, x.shape),
        depthwise.backward_weight(x, gy, WINDOW, W.shape, W.dtype),
    )
    monkeypatch.setattr(framing, "BLOCK_BYTES", block_bytes)
    np.testing.assert_array_equal(depthwise.forward(x, W, b, WINDOW), whole[0])
    np.testing.assert_array_equal(depthwise.backward_data(gy, W, WINDOW, x.shape), whole[1])
    np.testing.assert_allclose(depthwise.backward_weight(x, gy, WINDOW, W.shape, W.dtype), whole[2], rtol=1e-12)


@pytest.mark.parametrize("patch_bytes", [1, 20_000])
def test_convolution_does_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch, patch_bytes: int) -> None:
    x, _, b, gy = arrays(m=2, channels=4)
    W = np.random.normal(size=(8, 2, 3, 3))
    whole = (
        convolution.forward(x, W, b, WINDOW),
        convolution.backward_data(gy, W, WINDOW, x.shape),
        convolution.backward_weight(x, gy, WINDOW, W.shape, W.dtype),
    )
    monkeypatch.setattr(convolution, "PATCH_BYTES", patch_bytes)
    np.testing.assert_allclose(convolution.forward(x, W, b, WINDOW), whole[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(convolution.backward_data(gy, W, WINDOW, x.shape), whole[1], rtol=1e-12, atol=1e-12)
    weight = convolution.backward_weight(x, gy, WINDOW, W.shape, W.dtype)
    np.testing.assert_allclose(weight, whole[2], rtol=1e-12, atol=1e-12)


def test_blocks_cover_everything_once() -> None:
    for images, channels, plane in itertools.product((0, 1, 3, 8), (1, 2, 7), (1, 1 << 18, 1 << 19, 1 << 22)):
        seen = np.zeros((images, channels), int)
        for n, c in framing.blocks(images, channels, plane):
            seen[n, c] += 1
        assert (seen == 1).all()


def test_depthwise_is_convolution_in_groups() -> None:
    x, W, b, gy = arrays(m=3)
    dense = W.transpose(1, 0, 2, 3).reshape(15, 1, 3, 3)
    gy = np.random.normal(size=(3, 15, *gy.shape[2:]))
    b = np.random.normal(size=15)
    np.testing.assert_allclose(depthwise.forward(x, W, b, WINDOW), convolution.forward(x, dense, b, WINDOW), rtol=1e-12)
    np.testing.assert_allclose(
        depthwise.backward_data(gy, W, WINDOW, x.shape),
        convolution.backward_data(gy, dense, WINDOW, x.shape),
        atol=1e-12,
    )
    gW = convolution.backward_weight(x, gy, WINDOW, dense.shape, dense.dtype)
    np.testing.assert_allclose(
        depthwise.backward_weight(x, gy, WINDOW, W.shape, W.dtype),
        gW.reshape(5, 3, 3, 3).transpose(1, 0, 2, 3),
        atol=1e-11,
    )


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_what_is_not_finite_spreads_no_further_than_its_windows(poison: float) -> None:
    x = np.zeros((1, 1, 8, 8))
    x[0, 0, 3, 3] = poison
    y = depthwise.forward(x, np.ones((1, 1, 3, 3)), None, Window2D.of(3, pad=1))
    reached = ~np.isfinite(y[0, 0])
    assert reached[2:5, 2:5].all()
    assert reached.sum() == 9


def test_max_pooling_keeps_nan_and_minus_infinity() -> None:
    x = np.full((1, 1, 2, 6), -np.inf)
    x[0, 0, 0, 2], x[0, 0, 1, 3], x[0, 0, 1, 5] = np.nan, 5, 1
    y, _ = max_pooling.forward(x, Window2D.of(2, stride=2))
    np.testing.assert_array_equal(y, [[[[-np.inf, np.nan, 1]]]])


def test_the_first_of_equals_wins() -> None:
    _, taps = max_pooling.forward(np.ones((1, 1, 2, 2)), Window2D.of(2))
    assert taps.item() == 0


def test_float16_is_summed_in_float32() -> None:
    x = np.full((1, 1, 64, 64), 1, np.float16)
    gy = np.full((1, 1, 64, 64), 1, np.float16)
    gW = depthwise.backward_weight(x, gy, Window2D.of(1), (1, 1, 1, 1), np.dtype(np.float32))
    assert gW.item() == 4096  # float16 stops counting at 2048


def test_the_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODULES, "plain", {"numpy": "dwbridge.kernels.reference.linear"})
    x = np.zeros((1, 1, 2, 2))
    for operator in MODULES:
        with using_config("kernels", "numpy"):
            assert kernels_for(operator, x).__name__.startswith("dwbridge.kernels.reference.")
    with (
        using_config("kernels", "compiled"),
        pytest.raises(RuntimeError, match="there are no compiled kernels for plain"),
    ):
        kernels_for("plain", x)
    with (
        using_config("kernels", "fast"),
        pytest.raises(ValueError, match="must be 'auto', 'compiled' or 'numpy', got 'fast'"),
    ):
        kernels_for("depthwise", x)
