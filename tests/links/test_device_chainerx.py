"""Links under ChainerX's names: the same memory, the same numbers, and results that keep the name."""

import copy
import io
import pickle

import numpy as np
import pytest
from trees import mixed_tree

from dwbridge import FunctionNode, Parameter, Variable, grad, optimizers, serializers
from dwbridge import functions as F
from dwbridge.backend import ChainerxDevice, CpuDevice, get_device, tagged, to_chx
from dwbridge.links import BatchNormalization, Chain, DepthwiseConvolution2D, Linear, Link, Sequential

NATIVE = get_device("native:0")
MOVES = ["to_chx", "to_chainerx", "to_device"]


def move(obj, name):
    return getattr(obj, name)("native:0") if name == "to_device" else getattr(obj, name)()


def address(array):
    return array.__array_interface__["data"][0]


def everything(link):
    """Every array of a tree, by path: parameters, gradients, persistents."""
    arrays = {path: param.array for path, param in link.namedparams(include_uninit=False)}
    arrays |= {f"{path}.grad": param.grad for path, param in link.namedparams(include_uninit=False)}
    for path, part in link.namedlinks():
        arrays |= {f"{path}.{name}": vars(part)[name] for name in part._persistent}
    return {path: array for path, array in arrays.items() if isinstance(array, np.ndarray)}


def network():
    np.random.seed(3)
    return Sequential(
        DepthwiseConvolution2D(3, 2, 3, pad=1), BatchNormalization(6), F.relu, DepthwiseConvolution2D(None, 1, 3)
    )


def images():
    return np.random.RandomState(4).standard_normal((2, 3, 6, 6)).astype(np.float32)


@pytest.mark.parametrize("name", MOVES)
class TestMoves:
    def test_nothing_is_copied(self, name):
        tree = mixed_tree()
        before = everything(tree)
        assert move(tree, name) is tree
        after = everything(tree)
        assert list(after) == list(before)
        assert len(after) == 15  # seven parameters with gradients, one persistent
        for path, array in after.items():
            assert array.device_name == "native:0", path
            assert address(array) == address(before[path]), path
        assert {link.device for link in tree.links()} == {NATIVE}
        assert tree.xp is np

    @pytest.mark.parametrize("back", ["from_chx", "from_chainerx", "to_device"])
    def test_and_back(self, name, back):
        tree = mixed_tree()
        before = everything(tree)
        move(tree, name)
        assert (tree.to_device("@numpy") if back == "to_device" else getattr(tree, back)()) is tree
        for path, array in everything(tree).items():
            assert type(array) is np.ndarray, path
            assert address(array) == address(before[path]), path
        assert {link.device for link in tree.links()} == {CpuDevice()}

    def test_deferred_parameters_remember(self, name):
        link = move(Chain(fc=Linear(None, 2), bn=BatchNormalization(axis=0)), name)
        link.bn(link.fc(np.ones((3, 4), np.float32)))
        assert link.fc.W.array.device_name == "native:0"
        assert link.fc.W.grad.device_name == "native:0"
        assert link.bn.avg_mean.device_name == "native:0"


def test_from_chx_elsewhere_changes_nothing():
    tree = mixed_tree()
    before = everything(tree)
    assert tree.from_chx() is tree
    assert all(array is before[path] for path, array in everything(tree).items())
    assert tree.device == CpuDevice()


@pytest.mark.parametrize("named_input", [False, True])
def test_forward_and_backward_are_the_same_and_keep_the_name(named_input):
    plain, named = network(), network().to_chx()
    x = images()
    losses = []
    for model, data in ((plain, x), (named, to_chx(x) if named_input else x)):
        data = Variable(data)
        np.random.seed(5)
        y = F.dropout(model(data), 0.5)
        loss = F.sum(y * y)
        model.cleargrads()
        loss.backward()
        losses.append((y, loss, data))
    for ours, theirs in zip(losses[0], losses[1]):
        np.testing.assert_array_equal(ours.array, theirs.array)
    y, loss, data = losses[1]
    assert y.array.device_name == loss.array.device_name == "native:0"
    np.testing.assert_array_equal(data.grad, losses[0][2].grad)
    for (path, param), theirs in zip(named.namedparams(), plain.params()):
        assert param.grad.device_name == "native:0", path
        np.testing.assert_array_equal(param.grad, theirs.grad)
    for path, array in everything(named).items():
        assert array.device_name == "native:0", path


def test_second_derivatives_keep_the_name():
    link = DepthwiseConvolution2D(3, 1, 2).to_chx()
    x = Variable(to_chx(images()))
    (gx,) = grad([F.sum(link(x) ** 2)], [x], enable_double_backprop=True)
    (ggw,) = grad([F.sum(gx * gx)], [link.W])
    assert gx.array.device_name == ggw.array.device_name == "native:0"


def test_kernels_see_plain_arrays():
    seen = []

    class Look(FunctionNode):
        def forward(self, inputs):
            seen.extend(inputs)
            return (inputs[0] + 1,)

    (y,) = Look().apply((to_chx(np.ones(2, np.float32)),))
    assert [type(array) for array in seen] == [np.ndarray]
    assert y.array.device_name == "native:0"


def test_two_names_do_not_mix():
    x = np.ones(2, np.float32)
    with pytest.raises(TypeError, match="incompatible array types are mixed"):
        F.add(to_chx(x), tagged(x, "native:1"))


@pytest.mark.parametrize("optimizer", [optimizers.SGD, optimizers.MomentumSGD, optimizers.Adam])
def test_training_is_the_same(optimizer):
    results = []
    for model in (network(), network().to_chx()):
        np.random.seed(6)
        model(images())
        rule = optimizer().setup(model)
        for _ in range(3):
            rule.update(lambda model=model: F.sum(model(images()) ** 2))
        results.append([param.array for param in model.params()])
    for ours, theirs in zip(*results):
        np.testing.assert_array_equal(ours, theirs)
        assert theirs.device_name == "native:0"


def test_moved_in_the_middle_of_training():
    model = network()
    rule = optimizers.Adam().setup(model)
    for step in range(4):
        rule.update(lambda: F.sum(model(images()) ** 2))
        model.to_chx() if step % 2 == 0 else model.from_chx()
    model.to_chx()
    rule.update(lambda: F.sum(model(images()) ** 2))
    assert model[0].W.update_rule.state["m"].device_name == "native:0"


def test_saving_and_loading():
    model = network().to_chx()
    model(images())
    file = io.BytesIO()
    serializers.save_npz(file, model)
    for other in (network(), network().to_chx()):
        file.seek(0)
        serializers.load_npz(file, other)
        for ours, theirs in zip(model.params(), other.params()):
            np.testing.assert_array_equal(ours.array, theirs.array)
            assert theirs.device == other.device


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda link: pickle.loads(pickle.dumps(link)), Link.copy])
def test_copies_keep_the_name(copied):
    link = copied(DepthwiseConvolution2D(3, 1, 2).to_chx())
    assert link.device == link.W.device == NATIVE


class TestVariables:
    @pytest.mark.parametrize("name", MOVES)
    def test_array_and_gradient(self, name):
        x = Variable(np.ones(3, np.float32), grad=np.zeros(3, np.float32))
        array, gradient = x.array, x.grad
        assert move(x, name) is None
        assert (x.device, x.xp) == (NATIVE, np)
        assert (address(x.array), address(x.grad)) == (address(array), address(gradient))
        assert x.grad.device_name == "native:0"
        x.from_chainerx()
        assert type(x.array) is type(x.grad) is np.ndarray
        assert address(x.array) == address(array)

    def test_plain_gradient_gets_the_name(self):
        x = Variable(to_chx(np.ones(3, np.float32)))
        gradient = np.zeros(3, np.float32)
        x.grad = gradient
        assert x.grad.device_name == "native:0"
        assert address(x.grad) == address(gradient)

    def test_from_chx_elsewhere_leaves_shares_shared(self):
        W = Parameter(1.0)
        share = copy.copy(W)
        W.from_chx()
        W.initialize((2,))
        assert share.array is W.array

    def test_from_chx_keeps_plain_objects(self):
        x = Variable(np.ones(3))
        array = x.array
        x.from_chx()
        assert x.array is array

    def test_uninitialized_parameter(self):
        W = Parameter(1.0)
        W.to_chx()
        assert W.device == NATIVE
        W.initialize((2,))
        assert W.array.device_name == "native:0"
        W.from_chx()
        assert type(W.array) is np.ndarray

    def test_intel64(self):
        with pytest.raises(RuntimeError, match="iDeep is not available"):
            Variable(np.ones(3)).to_intel64()
        with (
            pytest.warns(DeprecationWarning, match="to_intel64 is deprecated"),
            pytest.raises(RuntimeError, match="iDeep is not available"),
        ):
            Link().to_intel64()


class TestOverrides:
    @pytest.mark.parametrize("name", ["to_chx", "to_chainerx"])
    @pytest.mark.parametrize("started", ["to_chx", "to_chainerx"])
    @pytest.mark.parametrize("nested", [False, True])
    def test_own_method_is_called_once(self, name, started, nested):
        calls = []

        def override(self):
            calls.append(name)
            return getattr(super(Mine, self), name)()

        Mine = type("Mine", (Link,), {name: override})
        link = Mine(W=(2,))
        getattr(Chain(child=link) if nested else link, started)()
        assert calls == [name]
        assert link.device == link.W.device == NATIVE

    @pytest.mark.parametrize("nested", [False, True])
    def test_own_to_device_is_called_by_every_move(self, nested):
        devices = []

        class Mine(Link):
            def to_device(self, device):
                devices.append(get_device(device))
                return super().to_device(device)

        link = Mine()
        root = Chain(child=link) if nested else link
        root.to_chx()
        root.from_chx()
        root.to_device("native:0")
        with pytest.warns(DeprecationWarning, match="to_cpu is deprecated"):
            root.to_cpu()
        assert devices == [NATIVE, CpuDevice(), NATIVE, CpuDevice()]
        assert ChainerxDevice.from_fallback_device(link.device) == NATIVE


def test_export_of_a_named_model_is_that_of_the_plain_one():
    from dwbridge import exporters

    files = []
    for model in (network(), network().to_chx()):
        np.random.seed(7)
        files.append(exporters.export(model, images()).SerializeToString())
    assert files[0] == files[1]
