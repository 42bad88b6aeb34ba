"""Hooks that change one parameter's gradient: what they compute, and what they leave alone."""

import numpy as np
import pytest

from dwbridge.autograd import Parameter
from dwbridge.links import Linear, Link
from dwbridge.optimizers import (
    SGD,
    GradientClipping,
    GradientHardClipping,
    GradientLARS,
    GradientNoise,
    Lasso,
    WeightDecay,
)

HOOKS = [Lasso(0.5), WeightDecay(0.5), GradientHardClipping(-1, 1), GradientNoise(0.3), GradientLARS()]
EACH = pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.name)


def param(x, g):
    made = Parameter(np.array(x, np.float32))
    made.grad = np.array(g, np.float32)
    return made


class Rule:
    t = 0


@EACH
def test_is_for_each_parameter_before_the_update_under_its_own_name(hook):
    assert (hook.name, hook.timing, hook.call_for_each_param) == (type(hook).__name__, "pre", True)


def test_clipping_is_for_all_parameters_together():
    assert (GradientClipping.name, GradientClipping.timing) == ("GradientClipping", "pre")
    assert not hasattr(GradientClipping, "call_for_each_param")


@EACH
def test_works_in_place_and_keeps_the_type(hook):
    p = param([1, -2], [3, 4])
    gradient = p.grad
    hook(Rule(), p)
    assert p.grad is gradient
    assert gradient.dtype == np.float32
    assert gradient.tolist() != [3, 4]


@EACH
def test_leaves_parameters_without_a_gradient_or_an_array(hook):
    p = param([1, -2], [3, 4])
    p.cleargrad()
    hook(Rule(), p)
    assert p.grad is None
    deferred = Parameter()
    deferred.cleargrad()
    hook(Rule(), deferred)


@EACH
def test_on_an_update_rule(hook):
    model = Link(W=(2,))
    model.W.array[...] = [1, -2]
    SGD(lr=1).setup(model)
    model.W.update_rule.add_hook(hook)
    expected = param([1, -2], [3, 4])
    np.random.seed(0)
    model.W.update_rule.t = 1
    hook(model.W.update_rule, expected)
    model.W.update_rule.t = 0
    np.random.seed(0)
    model.W.grad = np.array([3, 4], np.float32)
    model.W.update()
    np.testing.assert_array_equal(model.W.array, np.float32([1, -2]) - expected.grad)


@EACH
def test_numpy_scalars_change_no_types(hook):
    p = param([1, -2], [3, 4])
    numbers = {name: np.float64(value) for name, value in vars(hook).items() if not callable(value)}
    clone = type(hook)(**numbers)
    clone(Rule(), p)
    assert p.grad.dtype == np.float32


def test_lasso_adds_signs():
    p = param([2, -3, 0], [1, 1, 1])
    Lasso(0.5)(None, p)
    assert p.grad.tolist() == [1.5, 0.5, 1]


def test_lasso_does_not_follow_the_loss_scale_as_in_chainer():
    model = Linear(2, 1, nobias=True, initialW=1)
    optimizer = SGD(lr=1).setup(model)
    optimizer.set_loss_scale(4)
    optimizer.add_hook(Lasso(0.25))
    optimizer.update(lambda: model(np.zeros((1, 2), np.float32)).reshape(()))
    assert model.W.array.tolist() == [[1 - 0.25 / 4] * 2]


def test_hard_clipping_brings_elements_between_its_bounds():
    p = param([0, 0, 0], [-5, 0.5, 5])
    GradientHardClipping(-1, 2)(None, p)
    assert p.grad.tolist() == [-1, 0.5, 2]


class TestNoise:
    def test_falls_with_time(self):
        hook, rule = GradientNoise(0.3), Rule()
        deviations = []
        for rule.t in (0, 99):
            p = param(np.zeros(2000), np.zeros(2000))
            hook(rule, p)
            deviations.append(p.grad.std())
        np.testing.assert_allclose(deviations, np.sqrt(0.3 / np.array([1, 100]) ** 0.55), rtol=0.1)

    def test_own_function(self):
        seen = []

        def noise(xp, shape, dtype, hook, opt):
            seen.append((xp, shape, dtype, hook, opt))
            return np.full(shape, 2, dtype)

        hook, rule, p = GradientNoise(0.1, noise), Rule(), param([1, 2], [3, 4])
        hook(rule, p)
        assert seen == [(np, (2,), np.dtype(np.float32), hook, rule)]
        assert p.grad.tolist() == [5, 6]


class TestLARS:
    def test_gradient_gets_the_norm_of_the_parameter(self):
        p = param([6, 8], [0, 5])
        GradientLARS(eps=0)(None, p)
        assert p.grad.tolist() == [0, 10]

    def test_short_parameters_only_decay(self):
        p = param([0.5, 0], [1, 2])
        GradientLARS(threshold=0.5, weight_decay=0.5)(None, p)
        assert p.grad.tolist() == [1.25, 2]

    def test_decay_counts_in_the_rate(self):
        p = param([3, 4], [0, 5])
        GradientLARS(weight_decay=1, eps=0)(None, p)
        assert p.grad.tolist() == [1.5, 4.5]


def test_stand_where_chainer_has_them():
    import dwbridge

    assert dwbridge.optimizer_hooks.GradientLARS is GradientLARS
    assert "optimizer_hooks" in dir(dwbridge)
