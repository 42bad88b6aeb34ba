"""Walking a tree: order, paths, counts, and what is done to every parameter."""

import numpy as np
import pytest
from links.trees import mixed_tree

from dwbridge.links import ChainList, Linear, Link
from dwbridge.optimizers import SGD


def test_namedparams_own_ones_first_then_children_by_name():
    assert [path for path, _ in mixed_tree().namedparams()] == [
        "/A",
        "/W",
        "/a/y/W",
        "/a/y/b",
        "/a/z/W",
        "/a/z/b",
        "/b/W",
        "/b/b",
    ]


def test_params_are_those_of_namedparams():
    tree = mixed_tree()
    for include in (True, False):
        walked = list(tree.params(include))
        named = [param for _, param in tree.namedparams(include)]
        assert [id(param) for param in walked] == [id(param) for param in named]


def test_uninitialized_parameters_can_be_left_out():
    assert "/a/y/W" not in dict(mixed_tree().namedparams(include_uninit=False))
    assert "/a/y/b" in dict(mixed_tree().namedparams(include_uninit=False))


def test_namedlinks_and_links():
    tree = mixed_tree()
    assert [path for path, _ in tree.namedlinks()] == ["/", "/a", "/a/y", "/a/z", "/b"]
    assert [path for path, _ in tree.namedlinks(skipself=True)] == ["/a", "/a/y", "/a/z", "/b"]
    assert list(tree.links()) == [tree, tree.a, tree.a.y, tree.a.z, tree.b]
    assert list(tree.links(skipself=True)) == [tree.a, tree.a.y, tree.a.z, tree.b]
    assert list(tree.children()) == [tree.a, tree.b]


def test_list_children_have_numbers_as_names():
    links = ChainList(Linear(1, 1), ChainList(Linear(1, 1)))
    assert [path for path, _ in links.namedparams()] == ["/0/W", "/0/b", "/1/0/W", "/1/0/b"]
    assert [path for path, _ in links.namedlinks()] == ["/", "/0", "/1", "/1/0"]


def test_plain_link_has_no_children():
    link = Link(W=(2,))
    assert (list(link.children()), list(link.links())) == ([], [link])


def test_count_params_warns_of_uninitialized_ones():
    message = "Parameter '/a/y/W' has not been initialized, so the resulting count will not include the number of"
    with pytest.warns(UserWarning, match=message):
        assert mixed_tree().count_params() == 23


def test_cleargrads_reaches_uninitialized_parameters():
    tree = mixed_tree()
    tree.cleargrads()
    tree.a.y(np.zeros((1, 3), np.float32))
    assert [param.grad for param in tree.params()] == [None] * 8


def test_fresh_gradients_are_nan():
    layer = Linear(None, 2)
    layer(np.zeros((1, 3), np.float32))
    assert np.isnan(layer.W.grad).all()


@pytest.mark.filterwarnings("ignore:Variable.zerograd is deprecated:DeprecationWarning")
def test_zerograds_is_deprecated():
    layer = Linear(3, 2)
    with pytest.warns(DeprecationWarning, match=r"Link\.zerograds is deprecated\. Use Link\.cleargrads instead\."):
        layer.zerograds()
    assert not layer.W.grad.any()


class TestUpdates:
    def test_need_a_rule(self):
        tree = mixed_tree()
        tree.enable_update()
        assert not tree.update_enabled

    def test_are_enabled_and_disabled_below_a_link(self):
        tree = mixed_tree()
        SGD().setup(tree)
        assert tree.update_enabled
        tree.disable_update()
        assert not tree.update_enabled
        tree.b.enable_update()
        assert tree.update_enabled
        assert not tree.a.update_enabled
