"""What a copy of any tree shares with it, and what not, by mode; and what a load that fails leaves behind."""

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dwbridge.functions import relu
from dwbridge.links import BatchNormalization, Chain, ChainList, DepthwiseConvolution2D, Linear, Sequential
from dwbridge.optimizers import MomentumSGD
from dwbridge.serializers import DictionarySerializer, load_npz, save_npz

LEAVES = (
    st.builds(Linear, st.sampled_from([None, 2]), st.integers(1, 3))
    | st.builds(DepthwiseConvolution2D, st.sampled_from([None, 1, 2]), st.integers(1, 2), st.just(2))
    | st.builds(BatchNormalization, st.integers(1, 3))
)
NAMES = st.text("abcxyz", min_size=1, max_size=3).filter(lambda name: not hasattr(Chain, name))


def chain(children):
    """A chain with a parameter, an array and a list of its own."""
    made = Chain(**children)
    made.add_param("OWN", (2,), initializer=3)
    made.add_persistent("ARRAY", np.arange(3.0))
    made.add_persistent("ITEMS", "text")
    return made


def parents(children):
    return (
        st.dictionaries(NAMES, children, max_size=3).map(chain)
        | st.lists(children, max_size=3).map(lambda links: ChainList(*links))
        | st.lists(children | st.just(relu), max_size=4).map(lambda layers: Sequential(*layers))
    )


TREES = st.recursive(LEAVES, parents, max_leaves=6)
fixed = settings(
    derandomize=True, database=None, deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)


def with_state(tree):
    """Gives gradients, update rules and momentum to what has arrays."""
    optimizer = MomentumSGD().setup(tree)
    tree.cleargrads()
    for number, param in enumerate(tree.params(include_uninit=False)):
        param.grad = np.full_like(param.array, number + 1)
    optimizer.update()
    return tree, optimizer


def initialized(tree):
    """Whether every parameter has an array: without, there is no state to save, and loading refuses, as in Chainer."""
    return all(param.array is not None for param in tree.params())


def persistents(tree):
    return [getattr(link, name) for link in tree.links() for name in sorted(link._persistent)]


def bytes_of(obj):
    """Every byte that would be saved, by key; None of what has no array yet."""
    target = {}
    DictionarySerializer(target).save(obj)
    return {key: None if array.dtype.hasobject else array.tobytes() for key, array in target.items()}


@fixed
@given(TREES)
def test_share_shares_arrays_and_rules_and_nothing_else(tree):
    tree, _ = with_state(tree)
    clone = tree.copy("share")
    for ours, its in zip(tree.params(), clone.params(), strict=True):
        assert ours is not its
        assert ours.array is its.array
        assert ours.update_rule is its.update_rule
        assert its.array is None or its.grad is None
    for ours, its in zip(persistents(tree), persistents(clone), strict=True):
        assert ours is its
    for ours, its in zip(tree.links(), clone.links(), strict=True):
        assert ours is not its


@fixed
@given(TREES)
def test_copy_separates_everything_and_changes_nothing(tree):
    tree, _ = with_state(tree)
    clone = tree.copy("copy")
    assert bytes_of(clone) == bytes_of(tree)
    for ours, its in zip(tree.params(), clone.params(), strict=True):
        assert ours is not its
        assert ours.update_rule is not its.update_rule
        if ours.array is not None:
            assert not np.shares_memory(ours.array, its.array)
            assert not np.shares_memory(ours.grad, its.grad)
            assert not np.shares_memory(ours.update_rule.state["v"], its.update_rule.state["v"])
            np.testing.assert_array_equal(ours.grad, its.grad)
    for ours, its in zip(persistents(tree), persistents(clone), strict=True):
        assert not isinstance(ours, np.ndarray) or not np.shares_memory(ours, its)


@fixed
@given(TREES)
def test_init_separates_everything_and_draws_anew(tree):
    before = bytes_of(tree)
    clone = tree.copy("init")
    assert bytes_of(tree) == before
    for ours, its in zip(tree.params(), clone.params(), strict=True):
        if ours.array is None:
            assert its.array is None
            continue
        assert (ours.shape, ours.dtype) == (its.shape, its.dtype)
        assert not np.shares_memory(ours.array, its.array)
        drawn = ours.name == "W" and ours.array.size > 1
        assert (ours.array != its.array).any() == drawn  # the others are constants
    for ours, its in zip(persistents(tree), persistents(clone), strict=True):
        np.testing.assert_array_equal(ours, its)
        assert not isinstance(ours, np.ndarray) or not np.shares_memory(ours, its)


@fixed
@given(TREES, st.data())
def test_training_a_copy_leaves_the_tree_alone(tree, data):
    mode = data.draw(st.sampled_from(["copy", "init"]))
    before = bytes_of(tree)
    clone = tree.copy(mode)
    for array in [param.array for param in clone.params(include_uninit=False)] + persistents(clone):
        if isinstance(array, np.ndarray):
            array[...] = 7
    assert bytes_of(tree) == before


def saved(arrays):
    file = io.BytesIO()
    save_npz(file, arrays)
    file.seek(0)
    return file


def spoilt(arrays, data):
    """The arrays with one of them missing, or of another shape; and all others changed."""
    key = data.draw(st.sampled_from(sorted(arrays)))
    changed = {}
    for name, array in arrays.items():
        changed[name] = array if array.dtype.kind not in "fi" else array + 1
    if data.draw(st.booleans()) and changed[key].ndim:
        changed[key] = np.zeros((*changed[key].shape, 2), changed[key].dtype)
        return changed, ValueError
    del changed[key]
    return changed, KeyError


@fixed
@given(TREES, st.data())
def test_load_that_fails_changes_neither_the_links_nor_their_optimizer(tree, data):
    tree, optimizer = with_state(tree)
    for obj in (tree, optimizer) if initialized(tree) else (tree,):
        target = {}
        DictionarySerializer(target).save(obj)
        if target:
            changed, error = spoilt(target, data)
            before = bytes_of(obj)
            with pytest.raises(error):
                load_npz(saved(changed), obj)
            assert bytes_of(obj) == before


@fixed
@given(TREES)
def test_optimizer_saves_and_loads_every_byte(tree):
    assume(initialized(tree))
    tree, optimizer = with_state(tree)
    expected = bytes_of(optimizer)
    target = {}
    DictionarySerializer(target).save(optimizer)
    optimizer.setup(tree)
    load_npz(saved(target), optimizer)
    assert bytes_of(optimizer) == expected
