"""Links that move to simulated GPUs and back: arrays, files, copies, and what is refused."""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from simulated_gpu import SimulatedGpu
from small_network import SmallNetwork, batches

from dwbridge import Link, Parameter, Variable, optimizers, serializers
from dwbridge import functions as F
from dwbridge import links as L
from dwbridge.backend import CpuDevice, GpuDevice, get_device

pytestmark = pytest.mark.usefixtures("gpu")

(X, _) = next(batches(1))


def values(network: Link) -> dict[str, np.ndarray]:
    return {path: CpuDevice().send(param.array) for path, param in network.namedparams()}


def assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for path, array in found.items():
        np.testing.assert_array_equal(array, expected[path], err_msg=path)


@pytest.mark.filterwarnings("ignore:to_.pu is deprecated:DeprecationWarning")
def test_a_network_there_and_back() -> None:
    network = SmallNetwork()
    before, statistics = values(network), network.stem_norm.avg_mean
    for move, device in (
        (lambda: network.to_gpu(0), "@cupy:0"),
        (lambda: network.to_device("@cupy:1"), "@cupy:1"),
        (lambda: network.to_device("@cupy:0"), "@cupy:0"),
        (network.to_chx, "cuda:0"),
        (network.from_chx, "@cupy:0"),
        (network.to_cpu, "@numpy"),
    ):
        move()
        assert network.device == get_device(device)
        for _, param in network.namedparams():
            assert param.device == get_device(device)
        assert_same(values(network), before)
    np.testing.assert_array_equal(network.stem_norm.avg_mean, statistics)


@pytest.mark.parametrize("device", ["@cupy:0", "@cupy:1"])
def test_a_file_from_a_gpu_is_the_cpus(device: str, tmp_path: Path) -> None:
    here, there, other = SmallNetwork(), SmallNetwork(), SmallNetwork()
    there.to_device(device)
    there.copyparams(here)
    for network, name in ((here, "here.npz"), (there, "there.npz")):
        serializers.save_npz(tmp_path / name, network)
    with np.load(tmp_path / "here.npz") as expected, np.load(tmp_path / "there.npz") as found:
        assert sorted(found) == sorted(expected)
        for name in expected:
            np.testing.assert_array_equal(found[name], expected[name])
    other.to_device(device)
    serializers.load_npz(tmp_path / "here.npz", other)
    assert_same(values(other), values(here))
    assert other.stem.W.device == get_device(device)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda link: pickle.loads(pickle.dumps(link))])
def test_copies_are_on_their_device_with_memory_of_their_own(duplicate: Any) -> None:
    network = SmallNetwork()
    network.to_device("@cupy:0")
    clone = duplicate(network)
    assert clone.device == GpuDevice(0)
    assert_same(values(clone), values(network))
    clone.stem.W.array[...] = 0
    assert network.stem.W.array.get().any()


def test_a_deep_copy_stays_on_the_second_gpu_and_a_shallow_one_shares() -> None:
    link = L.Linear(3, 2)
    link.to_device("@cupy:1")
    assert copy.deepcopy(link).W.device == GpuDevice(1)
    assert copy.copy(link).W.array is link.W.array
    assert link.copy("init").W.device == GpuDevice(1)


@pytest.mark.parametrize("make", [lambda: L.Linear(None, 2), lambda: L.DepthwiseConvolution2D(None, 2, 3)])
def test_parameters_without_an_array_get_it_where_the_link_is(make: Any) -> None:
    link = make()
    link.to_device("@cupy:1")
    link(link.device.send(X))
    assert link.W.device == GpuDevice(1)
    assert np.isfinite(link.W.array.get()).all()


def test_operators_of_variables() -> None:
    x, y = np.array([1.5, -2.0, 3.0], "f"), np.array([2.0, 0.5, 1.0], "f")

    def computed(device: Any) -> list[Any]:
        a, b = (Variable(device.send(array)) for array in (x, y))
        loss = F.sum(2 * a + b - 1 + a * b / 4 - (1 - a) ** 2 - abs(a) + b**3 + 2.0 / b - -a)
        loss.backward()
        return [loss.array, a.grad, b.grad, a[1:].array, (a @ b).array]

    for there, here in zip(computed(GpuDevice(1)), computed(CpuDevice())):
        assert there.device.id == 1
        np.testing.assert_allclose(there.get(), here, rtol=1e-6)


def test_gradients_of_gradients_of_depthwise_convolution(gpu: SimulatedGpu) -> None:
    rng = np.random.default_rng(3)
    x, W = rng.normal(size=(2, 3, 6, 6)), rng.normal(size=(1, 3, 3, 3))

    def second(device: Any) -> list[Any]:
        xs = [Variable(device.send(array.astype("f"))) for array in (x, W)]
        y = F.depthwise_convolution_2d(*xs, pad=1)
        y.grad_var = Variable(device.send(np.ones(y.shape, "f")))
        y = F.sum(y * y)
        y.backward(enable_double_backprop=True)
        gradients = [v.grad_var for v in xs]
        for v in xs:
            v.cleargrad()
        F.sum(gradients[0] * gradients[0] + F.sum(gradients[1] * gradients[1])).backward()
        return [v.grad for v in xs]

    for there, here in zip(second(GpuDevice(0)), second(CpuDevice())):  # sums of terms as large as the largest
        np.testing.assert_allclose(there.get(), here, rtol=0, atol=1e-6 * abs(here).max())
    assert {"depthwise_any", "depthwise_weight_sum"} & set(gpu.launches)


def test_arrays_of_two_devices_are_refused_by_name() -> None:
    x, W, there = X, np.ones((1, 3, 3, 3), "f"), GpuDevice(0).send(X)
    with pytest.raises(TypeError, match="2D.*: expected arrays of one device, got @cupy:0, @numpy"):
        F.depthwise_convolution_2d(there, W)
    with pytest.raises(TypeError, match="Add: expected arrays of one device, got @cupy:0, @cupy:1"):
        F.add(there, GpuDevice(1).send(x))
    network = SmallNetwork()
    with pytest.raises(TypeError, match="expected arrays of one device, got @cupy:0, @numpy"):
        network(there)
    variable = Variable(there)
    with pytest.raises(TypeError, match="grad must be on the array's device @cupy:0, got @numpy"):
        variable.grad = x


def test_gradients_of_another_device_are_brought_over() -> None:
    here, there = Parameter(np.zeros(2, "f")), Parameter(np.zeros(2, "f"))
    here.grad = np.ones(2, "f")
    there.to_device("@cupy:1")
    there.cleargrad()
    there.addgrad(here)
    there.addgrad(here)
    assert there.grad.device.id == 1
    assert there.grad.get().tolist() == [2.0, 2.0]


def test_a_dynamic_loss_scale_leaves_out_a_step_that_overflowed() -> None:
    link = L.Linear(2, 2, initialW=np.ones((2, 2), "f"))
    link.to_device("@cupy:1")
    optimizer = optimizers.SGD(0.1).setup(link)
    optimizer.loss_scaling(interval=2)
    x = link.device.send(np.array([[1.0, np.inf]], "f"))
    with pytest.warns(UserWarning, match="Non finite number found in param.grad"):
        optimizer.update(lambda: F.sum(link(x)))
    assert link.W.array.get().tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_inference_with_chainerx_names() -> None:
    network = SmallNetwork()
    expected = network(X).array
    network.to_device("cuda:1")
    y = network(network.device.send(X)).array
    assert y.device_name == "cuda:1"
    np.testing.assert_allclose(y.get(), expected, rtol=1e-4, atol=1e-5)
