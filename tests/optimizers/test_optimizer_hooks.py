"""Hooks of optimizers and update rules, and the ones that come with the package."""

import numpy as np
import pytest

from dwbridge.links import Linear, Link
from dwbridge.optimizers import SGD, GradientClipping, WeightDecay


def set_up(**arguments):
    model = Link(W=(2,), V=(2,))
    model.W.array[...] = [1, 2]
    model.V.array[...] = [3, 4]
    optimizer = SGD(lr=1).setup(model)
    for param in model.params():
        param.grad = np.zeros(2, np.float32)
    return model, optimizer


class TestAdding:
    def test_order_and_timing(self):
        _, optimizer = set_up()
        log = []

        def note(name):
            return lambda opt: log.append((name, opt.t))

        optimizer.add_hook(note("after"), name="after", timing="post")
        optimizer.add_hook(note("first"), name="first")
        optimizer.add_hook(note("second"), name="second", timing="pre")
        optimizer.update()
        assert log == [("first", 0), ("second", 0), ("after", 1)]

    def test_for_each_parameter(self):
        _, optimizer = set_up()
        log = []

        class Each:
            name = "Each"
            call_for_each_param = True
            timing = "post"

            def __call__(self, rule, param):
                log.append((param.name, rule is param.update_rule))

        optimizer.add_hook(Each())
        optimizer.update()
        assert log == [("V", True), ("W", True)]

    def test_on_an_update_rule(self):
        model, optimizer = set_up()
        log = []
        model.W.update_rule.add_hook(lambda rule, param: log.append(param.name), name="before")
        model.W.update_rule.add_hook(lambda rule, param: log.append("after"), name="after", timing="post")
        optimizer.update()
        model.W.update_rule.remove_hook("before")
        optimizer.update()
        assert log == ["W", "after", "after"]

    def test_name_is_the_hooks_or_the_functions(self):
        _, optimizer = set_up()

        def hook(opt):
            pass

        optimizer.add_hook(hook)
        optimizer.add_hook(WeightDecay(0.1))
        optimizer.remove_hook("hook")
        optimizer.remove_hook("WeightDecay")
        with pytest.raises(KeyError):
            optimizer.remove_hook("hook")

    def test_refused(self):
        _, optimizer = set_up()
        with pytest.raises(TypeError, match="hook function must be callable, got int"):
            optimizer.add_hook(3)
        with pytest.raises(ValueError, match=r"timing must be one of \('pre', 'post', 'auto'\), got 'x'"):
            optimizer.add_hook(print, timing="x")
        optimizer.add_hook(print)
        with pytest.raises(KeyError, match='hook "print" already exists'):
            optimizer.add_hook(print)

        class Nameless:
            def __call__(self, opt):
                pass

        with pytest.raises(ValueError, match="the name of the hook function is not specified"):
            optimizer.add_hook(Nameless())

    def test_unknown_own_timing_becomes_pre(self):
        _, optimizer = set_up()
        log = []

        class Odd:
            name = "Odd"
            timing = "sometime"

            def __call__(self, opt):
                log.append(opt.t)

        with pytest.warns(UserWarning, match="defaulting timing to 'pre'"):
            optimizer.add_hook(Odd())
        optimizer.update()
        assert log == [0]


class TestWeightDecay:
    def test_adds_the_parameter_to_its_gradient(self):
        model, optimizer = set_up()
        optimizer.add_hook(WeightDecay(0.5))
        optimizer.update()
        assert model.W.array.tolist() == [0.5, 1]

    def test_follows_the_loss_scale(self):
        model = Linear(2, 1, nobias=True, initialW=1)
        optimizer = SGD(lr=1).setup(model)
        optimizer.set_loss_scale(4)
        optimizer.add_hook(WeightDecay(0.25))
        optimizer.update(lambda: model(np.zeros((1, 2), np.float32)).reshape(()))
        assert model.W.array.tolist() == [[0.75, 0.75]]

    def test_leaves_deferred_parameters_alone(self):
        model = Linear(None, 2)
        model.cleargrads()
        optimizer = SGD().setup(model)
        optimizer.add_hook(WeightDecay(0.5))
        optimizer.update()


class TestGradientClipping:
    def test_scales_all_gradients_together(self):
        model, optimizer = set_up()
        model.W.grad[:] = [3, 0]
        model.V.grad[:] = [0, 4]
        GradientClipping(2.5)(optimizer)
        assert (model.W.grad.tolist(), model.V.grad.tolist()) == ([1.5, 0], [0, 2])

    @pytest.mark.parametrize("gradient", [[3, 4], [0, 0]])
    def test_leaves_short_ones(self, gradient):
        model, optimizer = set_up()
        model.W.grad[:] = gradient
        GradientClipping(5)(optimizer)
        assert model.W.grad.tolist() == gradient

    def test_as_hook(self):
        model, optimizer = set_up()
        model.W.grad[:] = [30, 40]
        optimizer.add_hook(GradientClipping(1))
        optimizer.update()
        np.testing.assert_allclose(model.W.array, [0.4, 1.2], rtol=1e-6)
