"""Ten steps of every optimizer, compared with Chainer 7.8.1."""

import numpy as np
import pytest
from golden import chainer_scenarios as scenarios
from golden.dwbridge_framework import DWBRIDGE, GOLDEN, golden_arrays

from dwbridge.serializers import load_npz

CHAINER = golden_arrays("chainer_optimizers.npz")
RUNS = sorted({tuple(key.split("/")[:2]) for key in CHAINER})


def test_every_optimizer_of_the_scenarios_is_compared():
    assert {name for name, _ in RUNS} == set(scenarios.OPTIMIZERS)


@pytest.mark.parametrize(("name", "dtype"), RUNS)
def test_steps_are_chainers(name, dtype):
    ours = scenarios.optimizer_steps(DWBRIDGE, name, np.dtype(dtype))
    theirs = {key: array for key, array in CHAINER.items() if key.startswith(f"{name}/{dtype}/")}
    assert {f"{name}/{dtype}/{key}" for key in ours} == set(theirs)
    for key, array in ours.items():
        expected = theirs[f"{name}/{dtype}/{key}"]
        assert array.dtype == expected.dtype
        # Clipping sums squares in BLAS, whose order of summation differs between builds.
        ulps = 8 if "clipped" in name else 0
        np.testing.assert_array_max_ulp(array, expected, maxulp=ulps)


def test_training_goes_on_from_chainers_files():
    expected, expected_optimizer = scenarios.trained(DWBRIDGE, 6)
    model, optimizer = scenarios.trained(DWBRIDGE, 7)
    optimizer.setup(model)  # without state: it comes from the file
    load_npz(GOLDEN / "chainer_model.npz", model)
    load_npz(GOLDEN / "chainer_adam.npz", optimizer)
    assert (optimizer.t, model.W.update_rule.t) == (3, 3)
    state, expected_state = model.W.update_rule.state, expected.W.update_rule.state
    for key in ("m", "v"):
        np.testing.assert_allclose(state[key], expected_state[key], rtol=1e-5, atol=1e-7)
    for tree, its_optimizer in ((model, optimizer), (expected, expected_optimizer)):
        tree.cleargrads()
        tree.W.grad = np.ones_like(tree.W.array)
        its_optimizer.update()
    np.testing.assert_allclose(model.W.array, expected.W.array, rtol=1e-5)
