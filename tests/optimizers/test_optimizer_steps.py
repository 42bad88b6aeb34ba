"""Ten steps of every optimizer with every hook, compared with Chainer 7.8.1."""

import numpy as np
import pytest
from golden import chainer_scenarios as scenarios
from golden import optimizer_scenarios
from golden.dwbridge_framework import DWBRIDGE, GOLDEN, golden_arrays
from golden.optimizer_scenarios import HOOKS, KEPT, MODES, OPTIMIZERS, runs

from dwbridge import optimizers
from dwbridge.serializers import load_npz

CHAINER = golden_arrays("chainer_optimizers.npz")
SCALING = golden_arrays("chainer_loss_scaling.npz")

#: Norms are summed in BLAS, whose order of summation differs between builds; the noise's deviation is a power.
ULPS = {"GradientClipping": 8, "GradientLARS": 8, "GradientNoise": 8}


def test_every_optimizer_and_every_hook_is_compared():
    classes = {name for name in optimizers.__all__ if isinstance(getattr(optimizers, name), type)}
    methods = {name for name in classes if issubclass(getattr(optimizers, name), optimizers.GradientMethod)}
    assert {class_name for class_name, _ in OPTIMIZERS.values()} == methods - {"GradientMethod"}
    assert set(HOOKS) == {"", *optimizers.hooks.__all__}


@pytest.mark.parametrize("mode", MODES)
def test_all_of_the_file_is_compared(mode):
    assert len(CHAINER[f"{mode}/params"]) == len(runs(mode))
    assert set(CHAINER) == {f"{mode}/{key}" for mode in MODES for key in ("params", "state")}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_steps_are_chainers(mode):
    dtype, fp32, _ = MODES[mode]
    theirs = CHAINER[f"{mode}/state"]
    for (name, hook), params in zip(runs(mode), CHAINER[f"{mode}/params"], strict=True):
        ours = optimizer_scenarios.steps(DWBRIDGE, name, hook, dtype, fp32)
        state, theirs = np.split(theirs, [len(ours["state"])])
        for key, expected in (("params", params), ("state", state)):
            assert ours[key].dtype == expected.dtype, (name, hook, key)
            ulps = np.testing.assert_array_max_ulp(ours[key], expected, maxulp=2**30)
            assert ulps.max(initial=0) <= ULPS.get(hook, 0), (name, hook, key, f"steps {KEPT}", ours[key], expected)
    assert len(theirs) == 0


@pytest.mark.filterwarnings("ignore:Non finite number found in param.grad of:UserWarning")
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_loss_scales_are_chainers():
    ours = optimizer_scenarios.loss_scaling(DWBRIDGE)
    assert set(ours) == set(SCALING)
    for key, expected in SCALING.items():
        if key.endswith("params"):  # products in BLAS
            np.testing.assert_allclose(ours[key], expected, rtol=1e-6, atol=1e-7)
        else:
            np.testing.assert_array_equal(ours[key], expected)
    assert SCALING["dynamic/updates"].tolist() == [10, 9]  # the infinite step is left out


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
