"""Makes the files in `files/`: what real Chainer 7.8.1 saves, in both of its formats.

In an environment made as `make_chainer_golden.py` says, with h5py besides (`pip install 'h5py<3.9'`):

    peer-chainer/bin/python -W ignore tests/golden/make_chainer_files.py

    <model>.npz, .h5.gz       links, chains and Sequentials; HDF5's files are mostly zeros, hence packed
    <optimizer>.npz, .h5.gz   optimizers after three steps
    <optimizer>_steps.npz     their parameters at that moment ('before/'), and three steps later ('after/')
    snapshot_iter_5           a whole trainer
    snapshot_continued.npz    the parameters and losses of the training that went on from it, to iteration 11
"""

import gzip
import tempfile
from pathlib import Path

import chainer
import chainer_file_scenarios as scenarios
import numpy as np

FOLDER = Path(__file__).resolve().parent / "files"


def save(name: str, obj: object) -> None:
    chainer.serializers.save_npz(str(FOLDER / f"{name}.npz"), obj)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        chainer.serializers.save_hdf5(str(path), obj)
        (FOLDER / f"{name}.h5.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def save_optimizer(name: str) -> None:
    made, model = scenarios.optimizer(chainer, name, seed=8)
    scenarios.take_steps(chainer, made, model, seed=9)
    save(name, made)
    steps = {f"before/{path}": array.copy() for path, array in scenarios.parameters(model).items()}
    scenarios.take_steps(chainer, made, model, seed=10)
    steps |= {f"after/{path}": array for path, array in scenarios.parameters(model).items()}
    np.savez_compressed(FOLDER / f"{name}_steps.npz", **steps)


def save_training() -> None:
    with tempfile.TemporaryDirectory() as folder:
        scenarios.trainer(chainer, folder, seed=11, iterations=scenarios.BEFORE).run()
        name = f"snapshot_iter_{scenarios.BEFORE}"
        (FOLDER / name).write_bytes((Path(folder) / name).read_bytes())
        trainer = scenarios.trainer(chainer, folder, seed=12, iterations=scenarios.AFTER)
        chainer.serializers.load_npz(str(FOLDER / name), trainer)
        np.random.seed(13)
        trainer.run()
        losses = [entry["main/loss"] for entry in trainer.get_extension("LogReport").log]
        arrays = scenarios.parameters(trainer.updater.get_optimizer("main").target)
        np.savez_compressed(FOLDER / "snapshot_continued.npz", losses=losses, **arrays)


def main() -> None:
    assert chainer.__version__ == "7.8.1", chainer.__version__
    FOLDER.mkdir(exist_ok=True)
    for seed, (name, make) in enumerate(scenarios.MODELS.items()):
        save(name, make(chainer, seed + 1))
    for name in scenarios.OPTIMIZERS:
        save_optimizer(name)
    save_training()


if __name__ == "__main__":
    main()
