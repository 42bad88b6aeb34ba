"""Files that real Chainer 7.8.1 wrote, .npz and HDF5, load and give the same arrays and the same next steps."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from golden import chainer_file_scenarios as scenarios

from dwbridge import compat
from dwbridge.serializers import NpzArchive, load_hdf5, load_npz, save_hdf5
from dwbridge.serializers.npz import serialize

FILES = Path(__file__).resolve().parents[1] / "golden" / "files"


def load(name: str, form: str, obj: Any) -> None:
    """Loads a file of Chainer's in one of its two formats."""
    if form == "npz":
        load_npz(FILES / f"{name}.npz", obj)
    else:
        load_hdf5(unpacked(name), obj)


def unpacked(name: str) -> io.BytesIO:
    return io.BytesIO(gzip.decompress((FILES / f"{name}.h5.gz").read_bytes()))


@pytest.fixture
def chainer() -> Iterator[Any]:
    """dwbridge, under Chainer's name."""
    compat.install()
    import chainer

    yield chainer
    compat.uninstall()


def values(obj: Any) -> dict[str, Any]:
    """All that an object saves, as lists."""
    return {key: (value.dtype.kind, value.tolist()) for key, value in serialize(obj).items()}


@pytest.mark.parametrize("form", ["npz", "hdf5"])
@pytest.mark.parametrize(("seed", "name"), [(seed + 1, name) for seed, name in enumerate(scenarios.MODELS)])
def test_models(chainer: Any, name: str, seed: int, form: str) -> None:
    # The same seed makes the same model in both libraries; the file must bring back each of its arrays.
    expected = scenarios.MODELS[name](chainer, seed)
    model = scenarios.MODELS[name](chainer, seed + 100)
    before = values(model)
    load(name, form, model)
    assert values(model) != before
    with NpzArchive(FILES / f"{name}.npz") as archive:
        for key, (_, value) in values(model).items():
            assert archive[key].tolist() == value, key
    for path, array in scenarios.parameters(expected).items():
        np.testing.assert_array_equal(scenarios.parameters(model)[path], array)


@pytest.mark.parametrize("form", ["npz", "hdf5"])
def test_chain_has_what_is_no_array(chainer: Any, form: str) -> None:
    model = scenarios.chain(chainer, 50)
    load("chain", form, model)
    assert (model.count, model.rate, model.flag, model.nothing) == (2, 0.25, True, None)
    assert model.later.W.array is None
    assert np.all(model.block.bn.avg_mean != 0)


@pytest.mark.parametrize("name", scenarios.MODELS)
def test_what_is_written_here_has_chainers_layout(chainer: Any, name: str, tmp_path: Path) -> None:
    model = scenarios.MODELS[name](chainer, 1)
    load_hdf5(unpacked(name), model)
    save_hdf5(tmp_path / "ours.h5", model)
    assert _layout(tmp_path / "ours.h5") == _layout(unpacked(name))


def _layout(path: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            content = None if item.shape is None else item[()].tolist()
            found[name] = (item.shape, item.dtype, item.compression, item.compression_opts, content)
        else:
            found[name] = "group"

    with h5py.File(path, "r") as file:
        file.visititems(note)
    return found


@pytest.mark.parametrize("form", ["npz", "hdf5"])
@pytest.mark.parametrize("name", scenarios.OPTIMIZERS)
def test_optimizers_go_on(chainer: Any, name: str, form: str) -> None:
    with np.load(FILES / f"{name}_steps.npz") as steps:
        before = {key: steps[key] for key in steps if key.startswith("before/")}
        after = {key: steps[key] for key in steps if key.startswith("after/")}
    made, model = scenarios.optimizer(chainer, name, seed=80)
    for path, param in model.namedparams():
        param.array[...] = before[f"before{path}"]
    load(name, form, made)
    assert (made.t, model.a.W.update_rule.t) == (scenarios.STEPS, scenarios.STEPS)
    with NpzArchive(FILES / f"{name}.npz") as archive:
        for key, value in model.a.W.update_rule.state.items():
            np.testing.assert_array_equal(archive[f"a/W/{key}"], value)
    scenarios.take_steps(chainer, made, model, seed=10)
    for path, array in scenarios.parameters(model).items():
        # Matrix products add in another order with another BLAS; the steps themselves are Chainer's bit for bit.
        np.testing.assert_allclose(array, after[f"after/{path}"], rtol=2e-6, atol=2e-7)


class TestTrainer:
    """A whole trainer's snapshot, with text, numbers and None among the persistents."""

    SNAPSHOT = FILES / f"snapshot_iter_{scenarios.BEFORE}"

    def test_model_out_of_it(self, chainer: Any) -> None:
        classifier = chainer.links.Classifier(scenarios.network(chainer))
        load_npz(self.SNAPSHOT, classifier, path="updater/model:main/")
        first = classifier.predictor[0]
        assert (first.note, first.nothing, first.count) == ("größer", None, 3)
        with NpzArchive(self.SNAPSHOT) as archive:
            for path, array in scenarios.parameters(classifier).items():
                np.testing.assert_array_equal(array, archive[f"updater/model:main/{path}"])
        network = scenarios.network(chainer)
        load_npz(self.SNAPSHOT, network, path="updater/model:main/predictor/")
        np.testing.assert_array_equal(network[0].W.array, first.W.array)

    def test_keys_are_the_same(self, chainer: Any, tmp_path: Path) -> None:
        scenarios.trainer(chainer, tmp_path, seed=11, iterations=scenarios.BEFORE).run()
        with NpzArchive(self.SNAPSHOT) as theirs, NpzArchive(tmp_path / self.SNAPSHOT.name) as ours:
            assert set(ours) == set(theirs)
            for key in theirs:
                assert ours[key].dtype.kind == theirs[key].dtype.kind, key
                assert ours[key].shape == theirs[key].shape, key

    def test_training_goes_on(self, chainer: Any, tmp_path: Path) -> None:
        trainer = scenarios.trainer(chainer, tmp_path, seed=12, iterations=scenarios.AFTER)
        load_npz(self.SNAPSHOT, trainer)
        assert trainer.updater.iteration == scenarios.BEFORE
        assert [entry["iteration"] for entry in trainer.get_extension("LogReport").log] == [2, 4]
        np.random.seed(13)
        trainer.run()
        with np.load(FILES / "snapshot_continued.npz") as expected:
            losses = [entry["main/loss"] for entry in trainer.get_extension("LogReport").log]
            np.testing.assert_allclose(losses, expected["losses"], rtol=1e-4)
            for path, array in scenarios.parameters(trainer.updater.get_optimizer("main").target).items():
                np.testing.assert_allclose(array, expected[path], rtol=1e-4, atol=1e-5, err_msg=path)
