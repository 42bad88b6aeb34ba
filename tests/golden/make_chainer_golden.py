"""Makes the golden files that tests compare dwbridge with, by real Chainer 7.8.1.

Chainer needs an old NumPy and runs beside this project, never inside it. From the repository's root:

    python3.11 -m venv peer-chainer
    peer-chainer/bin/pip install 'numpy==1.23.5' 'setuptools<70' wheel
    peer-chainer/bin/pip install --no-build-isolation 'chainer==7.8.1'
    peer-chainer/bin/python -W ignore tests/golden/make_chainer_golden.py

The files lie beside this one:

    chainer_streams.npz       parameter streams of links
    chainer_initializers.npz  every initializer over shapes and types
    chainer_optimizers.npz    ten steps of every optimizer with every hook
    chainer_loss_scaling.npz  training with static and dynamic loss scales
    chainer_link_hooks.npz    forward and backward under the link hooks
    chainer_trees.json        paths of parameters and links of nested trees, in order
    chainer_*.npz, the rest   snapshots written by Chainer's own save_npz
"""

import json
from pathlib import Path

import chainer
import chainer.link_hooks
import chainer_scenarios as scenarios
import initializer_scenarios
import link_hook_scenarios
import numpy as np
import optimizer_scenarios
import tree_scenarios

FOLDER = Path(__file__).resolve().parent
CHAINER = scenarios.Framework(
    chainer.Chain,
    chainer.ChainList,
    chainer.Link,
    chainer.Sequential,
    chainer.functions,
    chainer.initializers,
    chainer.links,
    chainer.optimizers,
    chainer.optimizer_hooks,
    chainer.link_hooks,
    chainer.using_config,
)


def write_arrays(name: str, arrays: dict[str, np.ndarray]) -> None:
    np.savez_compressed(FOLDER / name, **arrays)


def write_snapshot(name: str, obj: object) -> None:
    chainer.serializers.save_npz(str(FOLDER / name), obj)


def main() -> None:
    assert chainer.__version__ == "7.8.1", chainer.__version__
    write_arrays("chainer_streams.npz", scenarios.link_streams(CHAINER))
    write_arrays("chainer_initializers.npz", initializer_scenarios.every_stream(CHAINER))
    write_arrays("chainer_optimizers.npz", optimizer_scenarios.every_run(CHAINER))
    write_arrays("chainer_loss_scaling.npz", optimizer_scenarios.loss_scaling(CHAINER))
    write_arrays("chainer_link_hooks.npz", link_hook_scenarios.every_run(CHAINER))
    (FOLDER / "chainer_trees.json").write_text(json.dumps(tree_scenarios.every_path(CHAINER), indent=0) + "\n")
    write_snapshot("chainer_chain.npz", scenarios.chain_with_none(CHAINER, 4))
    write_snapshot("chainer_sequential.npz", scenarios.sequential_of_four(CHAINER, 5))
    write_snapshot("chainer_sequential_relu.npz", scenarios.sequential_of_four(CHAINER, 5, leading_function=True))
    model, optimizer = scenarios.trained(CHAINER, 6)
    write_snapshot("chainer_model.npz", model)
    write_snapshot("chainer_adam.npz", optimizer)


if __name__ == "__main__":
    main()
