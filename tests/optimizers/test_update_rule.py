"""Update rules and their hyperparameters, float32 masters of float16 parameters, loss scaling, Adam's own rules."""

import copy
import pickle

import numpy as np
import pytest

from dwbridge.autograd import Parameter
from dwbridge.configuration import using_config
from dwbridge.functions import sum as sum_of
from dwbridge.links import Linear
from dwbridge.optimizers import (
    SGD,
    AdaBound,
    Adam,
    AdamRule,
    Hyperparameter,
    MomentumSGD,
    MomentumSGDRule,
    SGDRule,
    UpdateRule,
)

X = np.ones((1, 2), np.float32)


class TestHyperparameter:
    def test_is_looked_up_in_the_parent_until_it_is_set(self):
        model = Linear(2, 1)
        optimizer = MomentumSGD(lr=0.1).setup(model)
        rule = model.W.update_rule
        optimizer.lr = 0.5
        assert rule.hyperparam.lr == 0.5
        rule.hyperparam.lr = 0.25
        assert (optimizer.lr, rule.hyperparam.lr, model.b.update_rule.hyperparam.lr) == (0.5, 0.25, 0.5)
        assert rule.hyperparam.get_dict() == {"lr": 0.25, "momentum": 0.9}
        assert repr(rule.hyperparam) == "Hyperparameter(lr=0.25, momentum=0.9)"
        assert rule.hyperparam.parent is optimizer.hyperparam

    def test_unknown(self):
        with pytest.raises(AttributeError, match="there is no hyperparameter lr"):
            Hyperparameter(Hyperparameter()).lr  # noqa: B018

    @pytest.mark.parametrize("clone_of", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
    def test_can_be_copied(self, clone_of):
        child = Hyperparameter(SGD(lr=0.5).hyperparam)
        assert clone_of(child).lr == 0.5


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(SGDRule(lr=0.5), 0.5), (MomentumSGDRule(lr=0.5, momentum=0.1), 0.5), (AdamRule(alpha=0.5), 0.5)],
)
def test_rule_by_itself(rule, expected):
    param = Parameter(1, (2,))
    param.grad = np.ones(2, np.float32)
    rule.update(param)
    np.testing.assert_allclose(param.array, 1 - expected, rtol=1e-6)


def test_rule_of_another_hyperparameter():
    with pytest.raises(TypeError, match="unexpected keyword argument 'lr'"):
        AdamRule(lr=1)


def test_base_class_does_not_update():
    param = Parameter(1, (2,))
    with pytest.raises(NotImplementedError, match="UpdateRule defines neither step nor update_core"):
        UpdateRule().update(param)


def test_numpy_scalars_as_rates_change_no_types():
    model = Linear(2, 1)
    for optimizer in (SGD(lr=np.float64(0.1)), MomentumSGD(lr=np.float64(0.1)), Adam(alpha=np.float64(0.1))):
        optimizer.setup(model).update(lambda: sum_of(model(X)))
        assert model.W.dtype == np.float32


class TestAdam:
    def test_learning_rate_needs_a_step(self):
        optimizer = Adam().setup(Linear(2, 1))
        with pytest.raises(RuntimeError, match="the learning rate of Adam is not known before the first update"):
            optimizer.alpha_t  # noqa: B018

    def test_learning_rate(self):
        model = Linear(2, 1)
        optimizer = Adam(alpha=0.01).setup(model)
        optimizer.update(lambda: sum_of(model(X)))
        expected = 0.01 * np.sqrt(1 - 0.999) / (1 - 0.9)
        assert optimizer.alpha_t == pytest.approx(expected)
        with pytest.warns(DeprecationWarning, match=r"Adam\.lr has been renamed to Adam\.alpha_t"):
            assert optimizer.lr == optimizer.alpha_t
        with pytest.warns(DeprecationWarning, match=r"AdamRule\.lr has been renamed"):
            assert model.W.update_rule.lr == optimizer.alpha_t

    def test_eps_that_vanishes_is_refused(self):
        model = Linear(2, 1)
        optimizer = Adam(eps=1e-60).setup(model)
        with pytest.raises(ValueError, match=r"eps of Adam optimizer is too small for float32 \(1e-60\)"):
            optimizer.update(lambda: sum_of(model(X)))

    def test_bounds_close_in(self):
        model = Linear(2, 1)
        optimizer = AdaBound(final_lr=0.1, gamma=1.0).setup(model)
        rule = model.W.update_rule
        with pytest.raises(RuntimeError, match="the bounds of AdaBound are not known before the first update"):
            rule.bounds  # noqa: B018
        optimizer.update(lambda: sum_of(model(X)))
        assert rule.bounds == (0.05, 0.2)


class TestFp32Update:
    @staticmethod
    def model():
        with using_config("dtype", np.dtype(np.float16)):
            return Linear(2, 1, nobias=True, initialW=1)

    def test_small_steps_add_up(self):
        lost, kept = self.model(), self.model()
        for model, flag in ((lost, False), (kept, True)):
            optimizer = SGD(lr=1).setup(model)
            optimizer.use_fp32_update(flag)
            for _ in range(8):
                model.W.grad = np.full((1, 2), 2.0**-13, np.float16)
                optimizer.update()
        assert lost.W.array.tolist() == [[1, 1]]
        assert kept.W.array.tolist() == [[1 - 2.0**-10] * 2]
        assert kept.W.dtype == np.float16

    def test_set_before_setup(self):
        optimizer = Adam(eps=1e-4)
        optimizer.use_fp32_update()
        model = self.model()
        optimizer.setup(model)
        model.W.grad = np.ones((1, 2), np.float16)
        optimizer.update()
        assert model.W.update_rule.state["m"].dtype == np.float32


class TestLossScaling:
    def test_static_scale_changes_nothing_but_the_gradients_in_between(self):
        model = Linear(2, 1, initialW=1)
        optimizer = SGD(lr=0.5).setup(model)
        optimizer.loss_scaling(scale=8)
        seen = []
        optimizer.add_hook(lambda opt: seen.append(model.W.grad.tolist()), name="see")
        optimizer.update(lambda: sum_of(model(X)))
        assert seen == [[[8, 8]]]
        assert model.W.array.tolist() == [[0.5, 0.5]]

    def test_dynamic_scale_doubles_then_halves_and_leaves_the_step_out(self):
        model = Linear(2, 1, initialW=1)
        optimizer = SGD(lr=0).setup(model)
        optimizer.loss_scaling(interval=1)
        for expected in (2, 4, 8):
            optimizer.update(lambda: sum_of(model(X)))
            assert optimizer._loss_scale == expected
        infinite = np.full((1, 2), np.inf, np.float32)
        with pytest.warns(UserWarning, match=r"Non finite number found in param\.grad of /W"):
            optimizer.update(lambda: sum_of(model(infinite)))
        assert (optimizer._loss_scale, optimizer.t, model.W.update_rule.t) == (4, 4, 3)
        assert model.W.array.tolist() == [[1, 1]]

    def test_deferred_parameters_that_have_no_gradient_are_finite(self):
        """Chainer raises TypeError here: mended."""
        model = Linear(None, 1)
        optimizer = SGD().setup(model)
        optimizer.loss_scaling()
        model.cleargrads()
        optimizer.update()
        assert optimizer.is_safe_to_update()

    @pytest.mark.parametrize(
        ("arguments", "message"), [({"scale": 0}, "positive number"), ({"interval": 0}, "or equal to 1")]
    )
    def test_refused(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            SGD().loss_scaling(**arguments)
