"""Saving and loading links: Chainer's files, deferred parameters, and loads that fail."""

import io

import numpy as np
import pytest
from golden import chainer_scenarios as scenarios
from golden.dwbridge_framework import DWBRIDGE, GOLDEN, golden_arrays

from dwbridge.configuration import using_config
from dwbridge.links import BatchNormalization, Chain, ChainList, Linear
from dwbridge.serializers import DictionarySerializer, NpzArchive, load_npz, save_npz


def saved(link):
    file = io.BytesIO()
    save_npz(file, link)
    file.seek(0)
    return file


def everything(link):
    """All that a failed load could change, as comparable values."""
    target = {}
    DictionarySerializer(target).save(link)
    return {key: (array.dtype, array.tolist()) for key, array in target.items()}


class TestChainersFiles:
    def test_chain(self):
        model = scenarios.chain_with_none(DWBRIDGE, 9)
        load_npz(GOLDEN / "chainer_chain.npz", model)
        with NpzArchive(GOLDEN / "chainer_chain.npz") as archive:
            for path, param in model.namedparams(include_uninit=False):
                np.testing.assert_array_equal(param.array, archive[path[1:]])
            np.testing.assert_array_equal(model.block.bn.avg_mean, archive["block/bn/avg_mean"])
            np.testing.assert_array_equal(model.block.bn.avg_var, archive["block/bn/avg_var"])
        assert (model.count, model.rate, model.flag, model.text) == (4, 0.5, True, "größer 4")
        assert model.later.W.array is None
        assert model.lazy_bn.avg_mean is None

    def test_chain_has_the_same_keys_and_types_here(self):
        ours = {}
        DictionarySerializer(ours).save(scenarios.chain_with_none(DWBRIDGE, 4))
        with NpzArchive(GOLDEN / "chainer_chain.npz") as archive:
            assert set(ours) == set(archive)
            for key, array in ours.items():
                assert (array.dtype, array.shape) == (archive[key].dtype, archive[key].shape)

    @pytest.mark.parametrize("leading_function", [False, True])
    def test_sequential_of_four(self, leading_function):
        name = "chainer_sequential_relu.npz" if leading_function else "chainer_sequential.npz"
        expected = scenarios.sequential_of_four(DWBRIDGE, 5, leading_function)  # drawn as Chainer drew it
        model = scenarios.sequential_of_four(DWBRIDGE, 6, leading_function)
        load_npz(GOLDEN / name, model)
        for ours, theirs in zip(model, expected, strict=True):
            if isinstance(ours, Linear):
                np.testing.assert_array_equal(ours.W.array, theirs.W.array)

    def test_deferred_model(self):
        model = Linear(None, 2)
        load_npz(GOLDEN / "chainer_model.npz", model)
        np.testing.assert_array_equal(model.W.array, golden_arrays("chainer_model.npz")["W"])


def test_keys_are_paths_without_leading_slash():
    target = {}
    tree = ChainList(Chain(conv=Linear(1, 1, nobias=True)), BatchNormalization(2))
    DictionarySerializer(target).save(tree)
    assert sorted(target) == ["0/conv/W", "1/N", "1/avg_mean", "1/avg_var", "1/beta", "1/gamma"]


class TestDeferred:
    def test_parameter_is_initialized_with_the_saved_shape(self):
        layer = Linear(None, 2)
        source = Linear(3, 2)
        load_npz(saved(source), layer)
        np.testing.assert_array_equal(layer.W.array, source.W.array)
        assert np.isnan(layer.W.grad).all()

    def test_its_type_is_the_links_own(self):
        with using_config("dtype", np.dtype(np.float64)):
            source = Linear(3, 2)
        layer = Linear(None, 2)
        load_npz(saved(source), layer)
        assert layer.W.dtype == np.float32

    def test_cleared_gradient_stays_none(self):
        layer = Linear(None, 2)
        layer.cleargrads()
        load_npz(saved(Linear(3, 2)), layer)
        assert layer.W.grad is None

    def test_saved_none_leaves_an_initialized_parameter(self):
        layer = Linear(3, 2)
        before = layer.W.array.copy()
        load_npz(saved(Linear(None, 2)), layer)
        np.testing.assert_array_equal(layer.W.array, before)

    def test_batch_normalization_of_unknown_size(self):
        source = BatchNormalization(3, initial_avg_mean=4)
        layer = BatchNormalization(axis=(0, 2, 3))
        load_npz(saved(source), layer)
        assert layer.avg_mean.tolist() == [4, 4, 4]
        assert layer(np.zeros((2, 3, 4, 4), np.float32)).shape == (2, 3, 4, 4)


class TestFailedLoad:
    @staticmethod
    def model(last_size=2):
        model = Chain(a=Linear(None, 2), b=BatchNormalization(axis=0), z=Linear(2, last_size))
        model.add_persistent("count", 1)
        return model

    @pytest.fixture
    def file(self):
        source = self.model()
        source.a.W.initialize((2, 2))
        source.b._initialize_params(3)
        source.b.N = 7
        source.count = 2
        return saved(source)

    def test_this_file_loads(self, file):
        model = self.model()
        load_npz(file, model)
        assert (model.count, model.b.N, model.a.W.shape) == (2, 7, (2, 2))

    def test_changes_nothing(self, file):
        model = self.model(last_size=5)
        before = everything(model)
        with pytest.raises(ValueError, match=r"z/W: expected an array of shape \(5, 2\)"):
            load_npz(file, model)
        assert everything(model) == before
        assert model.a.W.array is None
        assert (model.count, model.b.N, model.b.avg_mean) == (1, 0, None)

    def test_leaves_deferred_parameters_usable(self, file):
        model = self.model(last_size=5)
        with pytest.raises(ValueError, match="z/W"):
            load_npz(file, model)
        assert model.a(np.zeros((1, 4), np.float32)).shape == (1, 2)
        assert np.isnan(model.a.W.grad).all()

    def test_missing_key_changes_nothing(self, file):
        model = self.model()
        model.add_link("zz", Linear(1, 1))
        before = everything(model)
        with pytest.raises(KeyError, match="zz/W is not a file in the archive"):
            load_npz(file, model)
        assert everything(model) == before


def test_parameter_registered_as_persistent_is_refused():
    layer = Linear(2, 2)
    layer.register_persistent("W")
    with pytest.raises(TypeError, match=r"Array cannot be converted into an numpy\.ndarray"):
        save_npz(io.BytesIO(), layer)
