"""Training on a simulated GPU: the CPU's loss curve, in kernels of the GPU, and nothing moves or waits in a step."""

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from simulated_gpu import SimulatedGpu
from small_network import losses

from dwbridge import optimizer_hooks as hooks
from dwbridge import optimizers
from dwbridge.backend.arrays import _compute_where_they_are, _has_one_gpu
from dwbridge.configuration import using_config

OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "Adam": lambda: optimizers.Adam(1e-2),
    "MomentumSGD": lambda: optimizers.MomentumSGD(0.05),
}


def still(gpu: SimulatedGpu) -> Callable[[Callable[[], Any]], Any]:
    """What runs a step, and fails if something moved between host and device, or waited."""

    def watched(step: Callable[[], Any]) -> Any:
        gpu.transfers.clear()
        result = step()
        assert not gpu.transfers
        return result

    return watched


@pytest.mark.parametrize("device", ["@cupy:0", "@cupy:1", "cuda:0"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_loss_curve_is_the_cpus(name: str, device: str, gpu: SimulatedGpu) -> None:
    expected = losses("@numpy", OPTIMIZERS[name]())
    assert not gpu.launches
    found = losses(device, OPTIMIZERS[name](), watched=still(gpu))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert {"depthwise_weight_sum", "activation", "optimizer_update", "softmax_row_losses"} <= set(gpu.launches)
    assert len({round(loss, 3) for loss in found}) > 1


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_16_bits_train_as_on_the_cpu(dtype: Any, gpu: SimulatedGpu) -> None:
    with using_config("dtype", np.dtype(dtype)):
        expected = losses("@numpy", optimizers.MomentumSGD(0.05), 8)
        found = losses("@cupy:1", optimizers.MomentumSGD(0.05), 8, watched=still(gpu))
    np.testing.assert_allclose(found, expected, rtol=8 * float(ml_dtypes.finfo(dtype).eps))


def test_one_gpu_alone_is_not_made_current(gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step on the second of two makes it current for every function; where there is one, it is."""

    def entered(count: int, device: str) -> int:
        monkeypatch.setattr(gpu.module.cuda.Device, "count", count)
        monkeypatch.setattr(gpu.module.cuda.Device, "current", 0)
        _has_one_gpu.cache_clear()
        _compute_where_they_are.cache_clear()
        np.testing.assert_allclose(losses(device, optimizers.Adam(1e-2), watched=watched), expected, rtol=1e-5)
        return in_a_step[-1]

    def watched(step: Callable[[], Any]) -> Any:
        entries.clear()
        result = step()
        in_a_step.append(len(entries))
        return result

    def enter(device: Any) -> Any:
        entries.append(device)
        return original(device)

    entries: list[Any] = []
    in_a_step: list[int] = []
    expected, original = losses("@numpy", optimizers.Adam(1e-2)), gpu.module.cuda.Device.__enter__
    monkeypatch.setattr(gpu.module.cuda.Device, "__enter__", enter)
    assert entered(2, "@cupy:1") > 10
    assert entered(1, "@cupy:0") == 1  # the constant in the place of a gamma that is not there


def test_hooks_and_a_scaled_loss_neither_move_nor_wait(gpu: SimulatedGpu) -> None:
    def make() -> Any:
        class Hooked(optimizers.MomentumSGD):
            def setup(self, link: Any) -> Any:
                super().setup(link)
                self.add_hook(hooks.GradientClipping(0.5))
                self.add_hook(hooks.WeightDecay(1e-3))
                return self

        optimizer = Hooked(0.05)
        optimizer.loss_scaling(scale=8.0)
        return optimizer

    np.testing.assert_allclose(losses("@cupy:1", make(), watched=still(gpu)), losses("@numpy", make()), rtol=1e-5)


def test_a_step_that_reads_its_loss_is_seen(gpu: SimulatedGpu) -> None:
    def reading(step: Callable[[], Any]) -> Any:
        loss = step()
        float(loss.array)
        return loss

    with pytest.raises(AssertionError, match=r"item at tests/on_gpu/test_training_on_gpu\.py"):
        losses("@cupy:0", optimizers.SGD(), watched=lambda step: still(gpu)(lambda: reading(step)))
