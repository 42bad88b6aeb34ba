"""What every optimizer has: Chainer's defaults, hyperparameters by rule, saved state, and own update code."""

import io
import warnings

import ml_dtypes
import numpy as np
import pytest

from dwbridge import optimizers
from dwbridge.links import Link
from dwbridge.optimizers import MSVAG, SGD, RMSprop, SGDRule, UpdateRule
from dwbridge.serializers import load_npz, save_npz

#: name: (hyperparameters as of Chainer 7.8.1, names of the state)
ADAM = {
    "alpha": 0.001,
    "beta1": 0.9,
    "beta2": 0.999,
    "eps": 1e-8,
    "eta": 1.0,
    "weight_decay_rate": 0,
    "amsgrad": False,
    "adabound": False,
    "final_lr": 0.1,
    "gamma": 1e-3,
}
OPTIMIZERS = {
    "AMSBound": (ADAM | {"amsgrad": True, "adabound": True}, ["m", "v", "vhat"]),
    "AMSGrad": (ADAM | {"amsgrad": True}, ["m", "v", "vhat"]),
    "AdaBound": (ADAM | {"adabound": True}, ["m", "v"]),
    "AdaDelta": ({"rho": 0.95, "eps": 1e-6}, ["msdx", "msg"]),
    "AdaGrad": ({"lr": 0.001, "eps": 1e-8}, ["h"]),
    "Adam": (ADAM, ["m", "v"]),
    "AdamW": (ADAM, ["m", "v"]),
    "CorrectedMomentumSGD": ({"lr": 0.01, "momentum": 0.9}, ["v"]),
    "MSVAG": ({"lr": 0.1, "beta": 0.9, "eta": 1.0, "weight_decay_rate": 0}, ["m", "v"]),
    "MomentumSGD": ({"lr": 0.01, "momentum": 0.9}, ["v"]),
    "NesterovAG": ({"lr": 0.01, "momentum": 0.9}, ["v"]),
    "RMSprop": ({"lr": 0.01, "alpha": 0.99, "eps": 1e-8, "eps_inside_sqrt": False}, ["ms"]),
    "RMSpropGraves": ({"lr": 1e-4, "alpha": 0.95, "momentum": 0.9, "eps": 1e-4}, ["delta", "g", "n"]),
    "SGD": ({"lr": 0.01}, []),
    "SMORMS3": ({"lr": 0.001, "eps": 1e-16}, ["g", "g2", "mem"]),
}
ALL = pytest.mark.parametrize("name", sorted(OPTIMIZERS))


def trained(name, steps, dtype=np.float32):
    rng = np.random.RandomState(0)
    link = Link(W=((2, 3), dtype), zero=((2,), dtype), scalar=((), dtype))
    for param in link.params():
        param.array[...] = 1
    optimizer = getattr(optimizers, name)().setup(link)
    step(link, optimizer, rng, steps)
    return link, optimizer, rng


def step(link, optimizer, rng, steps):
    for _ in range(steps):
        link.cleargrads()
        link.W.grad = rng.standard_normal((2, 3)).astype(link.W.dtype)
        optimizer.update()


@ALL
def test_defaults_are_chainers(name):
    assert getattr(optimizers, name)().hyperparam.get_dict() == OPTIMIZERS[name][0]


def test_all_are_listed():
    listed = {name for name in optimizers.__all__ if hasattr(optimizers, f"{name}Rule")}
    assert listed <= set(OPTIMIZERS)


@ALL
def test_hyperparameters_are_attributes_and_a_rule_may_have_its_own(name):
    link, optimizer, _ = trained(name, 0)
    for key in OPTIMIZERS[name][0]:
        setattr(optimizer, key, 0.25)
        assert getattr(link.W.update_rule.hyperparam, key) == 0.25
        setattr(link.W.update_rule.hyperparam, key, 0.5)
        assert (getattr(optimizer, key), getattr(link.scalar.update_rule.hyperparam, key)) == (0.25, 0.25)


@pytest.mark.parametrize("name", sorted(name for name in OPTIMIZERS if hasattr(optimizers, f"{name}Rule")))
def test_rule_takes_its_hyperparameters(name):
    made = getattr(optimizers, f"{name}Rule")
    assert made().hyperparam.get_dict() == OPTIMIZERS[name][0]
    for key in OPTIMIZERS[name][0]:
        assert getattr(made(**{key: 0.25}).hyperparam, key) == 0.25


@ALL
def test_state_has_chainers_names_and_the_parameters_shape_and_type(name):
    for dtype in (np.float32, np.float64, ml_dtypes.bfloat16):
        link, _, _ = trained(name, 2, dtype)
        state = link.W.update_rule.state
        assert sorted(state) == OPTIMIZERS[name][1]
        assert {(array.shape, array.dtype) for array in state.values()} <= {((2, 3), np.dtype(dtype))}
        assert link.scalar.dtype == dtype


@ALL
def test_training_goes_on_from_a_file_bit_for_bit(name):
    link, optimizer, rng = trained(name, 3)
    file = io.BytesIO()
    save_npz(file, optimizer)
    file.seek(0)
    other, resumed, _ = trained(name, 0)
    other.copyparams(link)
    load_npz(file, resumed)
    for model, its in ((link, optimizer), (other, resumed)):
        step(model, its, np.random.RandomState(1), 3)
    for a, b in zip(link.params(), other.params(), strict=True):
        np.testing.assert_array_equal(a.array, b.array)


@ALL
def test_gradients_of_zero_are_no_division_by_zero(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        link, _, _ = trained(name, 2)
    assert np.isfinite(link.zero.array).all()


@ALL
def test_update_is_in_place(name):
    link, optimizer, rng = trained(name, 1)
    array = link.W.array
    before = array.copy()
    step(link, optimizer, rng, 1)
    assert link.W.array is array
    assert (array != before).all()


def test_rmsprop_refuses_an_eps_that_vanishes():
    link = Link(W=((2,), np.float16))
    link.W.array[...] = 1
    link.W.grad = np.ones(2, np.float16)
    with pytest.raises(ValueError, match=r"eps of RMSprop optimizer is too small for float16 \(1e-08\)"):
        RMSprop().setup(link).update()


class TestOwnUpdateCode:
    @pytest.mark.parametrize("method", ["step", "update_core", "update_core_cpu"])
    def test_may_be_written_in_each_of_these_methods(self, method):
        def step(self, x, g):
            x -= 2 * g

        def core(self, param):
            param.array[...] -= 2 * param.grad

        for parent in (UpdateRule, SGDRule):
            rule = type("Own", (parent,), {method: step if method == "step" else core})()
            link, _, _ = trained("SGD", 0)
            link.W.update_rule = rule
            link.W.grad = np.ones((2, 3), np.float32)
            link.W.update()
            assert link.W.array.tolist() == [[-1] * 3] * 2

    def test_does_not_step_without_a_gradient(self):
        link, _, _ = trained("SGD", 0)
        link.cleargrads()
        link.W.update()
        assert link.W.array.tolist() == [[1] * 3] * 2

    def test_reallocation_of_gradients_may_be_overridden(self):
        class Lazy(SGD):
            def reallocate_cleared_grads(self):
                pass

        link, _, _ = trained("SGD", 0)
        optimizer = Lazy(lr=1).setup(link)
        link.cleargrads()
        optimizer.update()
        assert link.W.grad is None


class TestMSVAG:
    def test_power_of_beta_follows_the_file(self):
        """Chainer starts again at beta after loading: a quirk that is mended."""
        link, optimizer, _ = trained("MSVAG", 4)
        file = io.BytesIO()
        save_npz(file, optimizer)
        file.seek(0)
        other, resumed, _ = trained("MSVAG", 0)
        load_npz(file, resumed)
        assert other.W.update_rule.beta_power == link.W.update_rule.beta_power < 0.9**4

    def test_absurd_counts_are_no_work(self):
        link, optimizer, _ = trained("MSVAG", 1)
        optimizer.t = link.W.update_rule.t = 10**15
        file = io.BytesIO()
        save_npz(file, optimizer)
        file.seek(0)
        other, resumed, _ = trained("MSVAG", 0)
        load_npz(file, resumed)
        assert 0 <= other.W.update_rule.beta_power < 1e-300

    def test_weight_decay_alone(self):
        link, _, _ = trained("SGD", 0)
        optimizer = MSVAG(eta=0.5, weight_decay_rate=0.5).setup(link)
        link.cleargrads()
        optimizer.update()
        assert link.zero.array.tolist() == [0.75, 0.75]
