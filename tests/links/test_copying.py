"""copy, repeat, copyparams, addgrads."""

import copy
import pickle

import numpy as np
import pytest
from links.trees import mixed_tree

from dwbridge.autograd.type_check import InvalidType
from dwbridge.configuration import using_config
from dwbridge.functions import relu
from dwbridge.links import BatchNormalization, Chain, ChainList, Linear, Link, LinkHook, Sequential
from dwbridge.optimizers import SGD


class TestCopy:
    def test_share_has_new_parameters_on_the_same_arrays(self):
        tree = mixed_tree()
        tree.name = "me"
        SGD().setup(tree)
        clone = tree.copy()
        assert clone.name is None
        assert (clone.b.name, clone.a.z.name, clone.b.W.name) == ("b", "z", "W")
        assert clone.b.W is not tree.b.W
        assert clone.b.W.array is tree.b.W.array
        assert clone.b.W.grad is None
        assert clone.b.W.update_rule is tree.b.W.update_rule
        assert clone.array is tree.array

    def test_share_registers_on_its_own(self):
        tree = mixed_tree()
        clone = tree.copy()
        clone.add_param("new", (1,))
        clone.add_link("link", Linear(1, 1))
        clone.add_persistent("value", 1)
        assert not hasattr(tree, "new")
        assert "new" not in tree._params
        assert "link" not in tree._children
        assert "value" not in tree._persistent

    def test_share_made_before_initialization_is_initialized_too(self):
        layer = Linear(None, 2)
        clone = layer.copy()
        layer.W.initialize((2, 2))
        assert clone.W.array is layer.W.array

    def test_copy_separates_equal_elements(self):
        tree = mixed_tree()
        tree.name = "me"
        SGD().setup(tree)
        clone = tree.copy("copy")
        assert clone.name == "me"
        assert clone.b.W.array is not tree.b.W.array
        np.testing.assert_array_equal(clone.b.W.array, tree.b.W.array)
        assert clone.b.W.update_rule is not tree.b.W.update_rule
        assert clone.array is not tree.array

    def test_init_draws_again(self):
        tree = mixed_tree()
        clone = tree.copy("init")
        assert not np.array_equal(clone.b.W.array, tree.b.W.array)
        assert clone.a.y.W.array is None
        assert clone.A.array.tolist() == [2, 2]

    def test_init_of_a_chain_draws_every_child_twice(self):
        chain = Chain(only=Linear(2, 2))
        np.random.seed(0)
        clone = chain.copy("init")
        np.random.seed(0)
        np.random.normal(size=4)
        expected = np.random.normal(0.0, np.sqrt(1 / 2), (2, 2)).astype(np.float32)
        np.testing.assert_array_equal(clone.only.W.array, expected)

    @pytest.mark.parametrize("tree", [Link(), mixed_tree(), ChainList(Linear(1, 1)), Sequential(Linear(1, 1))])
    def test_other_mode(self, tree):
        with pytest.raises(ValueError, match=r"either 'init','copy', or 'share'\. But bad was given\."):
            tree.copy("bad")

    @pytest.mark.parametrize("mode", ["share", "copy", "init"])
    def test_own_parameters_of_a_list_are_always_shared(self, mode):
        links = ChainList(Linear(2, 2))
        links.add_param("W", (2,), initializer=1)
        clone = links.copy(mode)
        assert clone.W.array is links.W.array
        assert (clone[0].W.array is links[0].W.array) == (mode == "share")
        assert clone[0].name == "0"

    def test_hooks_are_shared_or_copied_with_the_link(self):
        layer = Linear(2, 2).add_hook(LinkHook())
        assert layer.copy().local_link_hooks is layer.local_link_hooks
        assert layer.copy("copy").local_link_hooks is not layer.local_link_hooks


@pytest.mark.parametrize("clone_of", [copy.deepcopy, lambda tree: pickle.loads(pickle.dumps(tree))])
def test_deepcopy_and_pickle(clone_of):
    tree = mixed_tree()
    SGD(lr=0.5).setup(tree)
    clone = clone_of(tree)
    assert [path for path, _ in clone.namedparams()] == [path for path, _ in tree.namedparams()]
    assert clone.a.y.W.array is None
    np.testing.assert_array_equal(clone.b.W.array, tree.b.W.array)
    assert clone.b.W.update_rule.hyperparam.lr == 0.5


class TestRepeat:
    def test_names_are_those_of_a_sequential(self):
        assert [layer.name for layer in Linear(2, 2).repeat(4)] == ["0", "3", "2", "1"]

    def test_modes(self):
        layer = Linear(2, 2)
        assert all(x.W.array is layer.W.array for x in layer.repeat(2, "share"))
        assert all(np.array_equal(x.W.array, layer.W.array) for x in layer.repeat(2, "copy"))
        first, second = layer.repeat(2)
        assert not np.array_equal(first.W.array, second.W.array)

    @pytest.mark.parametrize("count", [0, -3])
    def test_none(self, count):
        assert len(Linear(2, 2).repeat(count, "bad")) == 0

    def test_other_mode(self):
        with pytest.raises(ValueError, match="But bad was given"):
            Linear(2, 2).repeat(1, "bad")


class TestCopyparams:
    def test_elements_go_into_the_arrays(self):
        target, source = Linear(2, 2), Linear(2, 2)
        array = target.W.array
        target.copyparams(source)
        assert target.W.array is array
        np.testing.assert_array_equal(array, source.W.array)

    def test_dtype_stays(self):
        with using_config("dtype", np.dtype(np.float64)):
            target = Linear(2, 2)
        target.copyparams(Linear(2, 2))
        assert target.W.dtype == np.float64

    def test_uninitialized_target_takes_the_shape(self):
        target, source = Linear(None, 2), Linear(3, 2)
        target.copyparams(source)
        np.testing.assert_array_equal(target.W.array, source.W.array)

    def test_uninitialized_source_is_initialized_and_wins(self):
        target, source = Linear(3, 2, initialW=7), Linear(None, 2)
        target.copyparams(source)
        assert source.W.shape == (2, 3)
        np.testing.assert_array_equal(target.W.array, source.W.array)

    def test_both_uninitialized_is_fine(self):
        target = Linear(None, 2)
        target.copyparams(Linear(None, 2))
        assert target.W.array is None

    def test_persistents_are_copied(self):
        target, source = mixed_tree(), mixed_tree()
        source.array[:] = 9
        source.items.append(2)
        array = target.array
        target.copyparams(source)
        assert target.array is array
        assert array.tolist() == [9, 9, 9]
        assert target.items == [1, 2]
        assert target.items is not source.items

    def test_or_not(self):
        target, source = BatchNormalization(2), BatchNormalization(2, initial_avg_mean=5)
        target.copyparams(source, copy_persistent=False)
        assert target.avg_mean.tolist() == [0, 0]

    def test_missing_name(self):
        with pytest.raises(KeyError, match="'W'"):
            Linear(2, 2).copyparams(Link())
        with pytest.raises(KeyError, match="'k'"):
            Chain(k=Linear(1, 1)).copyparams(Chain(l=Linear(1, 1)))
        with pytest.raises(IndexError):
            ChainList(Linear(1, 1), Linear(1, 1)).copyparams(ChainList(Linear(1, 1)))

    def test_missing_bias(self):
        with pytest.raises(AttributeError):
            Linear(2, 2).copyparams(Linear(2, 2, nobias=True))
        Linear(2, 2, nobias=True).copyparams(Linear(2, 2))

    def test_other_shape(self):
        with pytest.raises(ValueError, match="shape"):
            Linear(2, 2).copyparams(Linear(3, 3))

    def test_sequential_copies_layer_by_layer(self):
        target, source = Sequential(relu, Linear(2, 2)), Sequential(relu, Linear(2, 2))
        target.copyparams(source)
        np.testing.assert_array_equal(target[1].W.array, source[1].W.array)
        with pytest.raises(ValueError, match="Objects other than Sequential"):
            target.copyparams(ChainList(Linear(2, 2)))


class TestAddgrads:
    @staticmethod
    def linear(in_size=2, grad=None):
        layer = Linear(in_size, 2, nobias=True)
        layer.cleargrads()
        if grad is not None:
            layer.W.grad = np.full((2, in_size), grad, np.float32)
        return layer

    def test_absent_gradient_takes_over_the_array(self):
        target, source = self.linear(), self.linear(grad=1)
        target.addgrads(source)
        assert target.W.grad is source.W.grad

    def test_gradients_add(self):
        target, source = self.linear(grad=2), self.linear(grad=1)
        target.addgrads(source)
        assert target.W.grad.tolist() == [[3, 3], [3, 3]]
        assert source.W.grad.tolist() == [[1, 1], [1, 1]]

    def test_none_changes_nothing(self):
        target = self.linear(grad=2)
        target.addgrads(self.linear())
        assert target.W.grad.tolist() == [[2, 2], [2, 2]]

    def test_uninitialized_target_is_initialized(self):
        target = Linear(None, 2, nobias=True)
        target.cleargrads()
        target.addgrads(self.linear(grad=1))
        assert target.W.shape == (2, 2)
        assert target.W.grad.tolist() == [[1, 1], [1, 1]]

    def test_uninitialized_source(self):
        source = Linear(None, 2, nobias=True)
        with pytest.raises(RuntimeError, match=r"Cannot retrieve Variable\.grad"):
            self.linear().addgrads(source)
        source.cleargrads()
        self.linear().addgrads(source)

    def test_other_shape(self):
        with pytest.raises(InvalidType):
            self.linear(3, grad=1).addgrads(self.linear(2, grad=1))

    def test_missing_name(self):
        with pytest.raises(KeyError, match="'W'"):
            self.linear().addgrads(Link())

    @pytest.mark.parametrize("tree_of", [lambda x: Chain(x=x), lambda x: ChainList(x), lambda x: Sequential(relu, x)])
    def test_children(self, tree_of):
        target = self.linear(grad=2)
        tree_of(target).addgrads(tree_of(self.linear(grad=1)))
        assert target.W.grad.tolist() == [[3, 3], [3, 3]]
