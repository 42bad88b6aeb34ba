"""Every optimizer and every hook on a simulated GPU: the CPU's steps, and nothing moves or waits."""

from typing import Any

import numpy as np
import pytest
from golden.optimizer_scenarios import HOOKS, OPTIMIZERS
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge import Chain, Link, optimizer_hooks, optimizers
from dwbridge.backend import get_device


def trained(optimizer: str, hook: str, device: str, gpu: SimulatedGpu, dtype: Any = np.float32) -> list[np.ndarray]:
    """The parameters after three steps along given gradients."""
    rng = np.random.RandomState(SEED)
    link = Link(W=((3, 2), dtype), b=((2,), dtype))
    for _, param in sorted(link.namedparams()):
        param.array[...] = rng.standard_normal(param.shape)
    link.to_device(device)
    class_name, arguments = OPTIMIZERS[optimizer]
    method = getattr(optimizers, class_name)(**arguments)
    if dtype == np.float16:
        method.use_fp32_update()
    method.setup(link)
    if hook:
        method.add_hook(_hook(hook))
    for step in range(3):
        for _, param in sorted(link.namedparams()):
            param.grad = get_device(device).send(rng.standard_normal(param.shape).astype(dtype))
        link.b.grad = link.b.grad if step != 1 else None
        gpu.transfers.clear()
        method.update()
        assert not gpu.transfers
    link.to_device("@numpy")
    return [link.W.array, link.b.array]


def _hook(name: str) -> Any:
    if name == "GradientNoise":  # every library draws its own
        return optimizer_hooks.GradientNoise(0.3, lambda xp, shape, dtype, hook, opt: xp.full(shape, 0.1, dtype))
    return getattr(optimizer_hooks, name)(*HOOKS[name])


@pytest.mark.parametrize("device", ["@cupy:0", "@cupy:1"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_steps_are_the_cpus(optimizer: str, dtype: Any, device: str, gpu: SimulatedGpu) -> None:
    for there, here in zip(*(trained(optimizer, "", place, gpu, dtype) for place in (device, "@numpy"))):
        np.testing.assert_allclose(there, here, rtol=1e-6)


@pytest.mark.parametrize("hook", [name for name in HOOKS if name])
def test_hooks_are_the_cpus(hook: str, gpu: SimulatedGpu) -> None:
    for there, here in zip(*(trained("SGD", hook, place, gpu) for place in ("@cupy:1", "@numpy"))):
        np.testing.assert_allclose(there, here, rtol=1e-6)


def test_decay_of_many_parameters_is_a_launch(gpu: SimulatedGpu) -> None:
    chain = Chain(**{f"layer{i}": Link(W=((i + 1, 3), np.float32)) for i in range(7)})
    for i, param in enumerate(chain.params()):
        param.array[...], param.grad = i, np.full(param.shape, 2, np.float32)
    chain.to_device("@cupy:1")
    method = optimizers.SGD(0.5).setup(chain)
    method.add_hook(optimizer_hooks.WeightDecay(0.25))
    gpu.launches.clear()
    gpu.transfers.clear()
    method.call_hooks("pre")
    assert (gpu.launches, gpu.transfers) == (["optimizer_update"], [])
    for i, param in enumerate(chain.params()):
        np.testing.assert_array_equal(param.grad.get(), np.full(param.shape, 2 + i / 4, np.float32))


def test_noise_is_drawn_on_the_device(gpu: SimulatedGpu) -> None:
    link = Link(W=(3,))
    link.to_device("@cupy:1")
    method = optimizers.SGD(0.0).setup(link)
    method.add_hook(optimizer_hooks.GradientNoise(0.3))
    link.W.grad = link.device.send(np.zeros(3, np.float32))
    gpu.transfers.clear()
    method.update()
    assert not gpu.transfers
    assert abs(link.W.grad.get()).min() > 0


def test_gradients_are_clipped_together_over_two_gpus(gpu: SimulatedGpu) -> None:
    chain = Chain(a=Link(W=((2,), np.float32)), b=Link(W=((2,), np.float32)))
    chain.a.to_device("@cupy:0")
    chain.b.to_device("@cupy:1")
    method = optimizers.SGD(0.0).setup(chain)
    method.add_hook(optimizer_hooks.GradientClipping(1.0))
    for link, value in ((chain.a, 3.0), (chain.b, 4.0)):
        link.W.grad = link.device.send(np.array([value, 0], np.float32))
    gpu.transfers.clear()
    method.update()
    assert not gpu.transfers
    np.testing.assert_allclose(chain.a.W.grad.get(), [0.6, 0])
    np.testing.assert_allclose(chain.b.W.grad.get(), [0.8, 0])
