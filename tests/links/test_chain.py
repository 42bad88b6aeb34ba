"""Chain: children as attributes."""

import pytest

from dwbridge.links import BatchNormalization, Chain, ChainList, DepthwiseConvolution2D, Linear, Sequential


def test_children_from_keywords_scopes_and_add_link():
    chain = Chain(b=Linear(1, 1))
    with chain.init_scope():
        chain.a = Linear(1, 1)
    chain.add_link("c", Linear(1, 1))
    chain.no_child = Linear(1, 1)
    assert [child.name for child in chain.children()] == ["a", "b", "c"]
    assert chain["a"] is chain.a


def test_existing_attributes_are_refused():
    chain = Chain(a=Linear(1, 1))
    chain.x = 1
    with pytest.raises(AttributeError, match="cannot register a new link x: attribute exists"):
        chain.add_link("x", Linear(1, 1))
    with pytest.raises(AttributeError, match="cannot register a new link a: attribute exists"), chain.init_scope():
        chain.a = Linear(1, 1)


def test_only_links_are_children():
    with pytest.raises(TypeError, match="cannot register a non-link object as a child: a is a int"):
        Chain(a=3)


def test_unknown_name():
    with pytest.raises(AttributeError):
        Chain()["missing"]


def test_text_is_nested():
    chain = Chain(
        a=Linear(2, 3),
        b=ChainList(Linear(None, 1), BatchNormalization(3), DepthwiseConvolution2D(2, 1, 3)),
        c=Sequential(Linear(2, 2, nobias=True)),
        d=Chain(),
    )
    assert str(chain) == (
        "Chain(\n"
        "  (a): Linear(in_size=2, out_size=3, nobias=False),\n"
        "  (b): ChainList(\n"
        "    (0): Linear(in_size=None, out_size=1, nobias=False),\n"
        "    (1): BatchNormalization(size=3, decay=0.9, eps=2e-05, dtype=float32, use_gamma=True, use_beta=True),\n"
        "    (2): DepthwiseConvolution2D(),\n"
        "  ),\n"
        "  (c): Sequential(\n"
        "    (0): Linear(in_size=2, out_size=2, nobias=True),\n"
        "  ),\n"
        "  (d): Chain(),\n"
        ")"
    )
