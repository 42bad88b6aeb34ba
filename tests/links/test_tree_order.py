"""Nested trees visit their parameters and links in Chainer's order, under Chainer's paths."""

import json

import pytest
from golden import tree_scenarios
from golden.dwbridge_framework import DWBRIDGE, GOLDEN

CHAINER = json.loads((GOLDEN / "chainer_trees.json").read_text())
OURS = tree_scenarios.every_path(DWBRIDGE)


def test_all_trees_are_compared():
    assert set(CHAINER) == set(OURS)
    assert {kind for seed in tree_scenarios.SEEDS for kind in kinds(tree_scenarios.drawn(seed))} == {
        "chain",
        "deferred",
        "linear",
        "list",
        "relu",
        "sequential",
    }


def kinds(tree):
    if tree == "relu":
        return {"relu"}
    kind, content = tree
    children = content.values() if kind == "chain" else [] if isinstance(content, int) else content
    return {kind}.union(*(kinds(child) for child in children))


@pytest.mark.parametrize("seed", sorted(CHAINER))
def test_paths_come_in_chainers_order(seed):
    params, links = OURS[seed]
    assert [params, links] == CHAINER[seed]
    assert len(set(params)) == len(params)
