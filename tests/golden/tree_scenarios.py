"""Trees of links from seeds, the same in Chainer and dwbridge; see `chainer_scenarios`.

A tree is drawn as data first: ('linear', out_size), ('deferred', out_size), ('chain', {name: tree}), ('list', [tree]),
('sequential', [tree or 'relu']).
"""

import random
from typing import Any

SEEDS = range(40)
NAMES = ("b", "a", "Z", "conv", "B1", "a2", "_x")


def drawn(seed: int) -> Any:
    """The tree of a seed, as data."""
    return _parent(random.Random(seed), 3)


def _node(rng: random.Random, depth: int) -> Any:
    if depth == 0 or rng.random() < 0.4:
        return rng.choice(["linear", "deferred"]), rng.randint(1, 3)
    return _parent(rng, depth)


def _parent(rng: random.Random, depth: int) -> Any:
    kind = rng.choice(["chain", "list", "sequential"])
    children = [_node(rng, depth - 1) for _ in range(rng.randint(0, 4))]
    if kind == "chain":
        return kind, dict(zip(rng.sample(NAMES, len(children)), children))
    if kind == "sequential":
        children = [child for node in children for child in (["relu", node] if rng.random() < 0.3 else [node])]
    return kind, children


def built(fw: Any, tree: Any) -> Any:
    """The links of a tree."""
    if tree == "relu":
        return fw.functions.relu
    kind, content = tree
    if kind == "chain":
        return fw.Chain(**{name: built(fw, child) for name, child in content.items()})
    if kind == "list":
        return fw.ChainList(*(built(fw, child) for child in content))
    if kind == "sequential":
        return fw.Sequential(*(built(fw, child) for child in content))
    return fw.links.Linear(2 if kind == "linear" else None, content)


def every_path(fw: Any) -> dict[str, list[list[str]]]:
    """The paths of the parameters, and of the links, of every tree, in the order in which they are visited."""
    trees = {str(seed): built(fw, drawn(seed)) for seed in SEEDS}
    return {
        seed: [[path for path, _ in tree.namedparams()], [path for path, _ in tree.namedlinks()]]
        for seed, tree in trees.items()
    }
