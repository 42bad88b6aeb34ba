"""Optimizer and GradientMethod: setup, update, epochs, hooks, saving."""

import io

import numpy as np
import pytest

from dwbridge.functions import sum as sum_of
from dwbridge.links import Chain, Linear
from dwbridge.optimizers import SGD, Adam, GradientMethod, MomentumSGD, Optimizer
from dwbridge.serializers import DictionarySerializer, load_npz, save_npz

X = np.array([[1, 2]], np.float32)


def layer():
    return Linear(2, 1, initialW=1, initial_bias=1)


class TestSetup:
    def test_returns_the_optimizer_and_gives_rules(self):
        model, optimizer = layer(), SGD()
        assert optimizer.setup(model) is optimizer
        assert optimizer.target is model
        assert model.W.update_rule is not model.b.update_rule

    def test_starts_anew(self):
        model = layer()
        optimizer = MomentumSGD().setup(model)
        optimizer.add_hook(lambda opt: None, name="hook")
        optimizer.update(lambda: sum_of(model(X)))
        optimizer.setup(model)
        assert (optimizer.t, model.W.update_rule.state) == (0, None)
        optimizer.add_hook(lambda opt: None, name="hook")

    def test_target_has_to_be_a_link(self):
        with pytest.raises(TypeError, match="optimization target must be a link, got int"):
            SGD().setup(3)

    @pytest.mark.parametrize(
        "use",
        [lambda o: o.add_hook(print), lambda o: o.remove_hook("a"), lambda o: o.call_hooks(), lambda o: o.update()],
    )
    def test_has_to_come_first(self, use):
        with pytest.raises(RuntimeError, match=r"Optimizer is not set up\. Call `setup` method\."):
            use(SGD())


class TestUpdate:
    def test_computes_clears_and_steps(self):
        model = layer()
        optimizer = SGD(lr=0.5).setup(model)
        model.W.grad = np.full((1, 2), 100, np.float32)  # is cleared
        optimizer.update(lambda x: sum_of(model(x)), X)
        assert model.W.array.tolist() == [[0.5, 0]]
        assert model.b.array.tolist() == [0.5]
        assert (optimizer.t, model.W.update_rule.t) == (1, 1)

    def test_takes_gradients_that_are_there(self):
        model = layer()
        optimizer = SGD(lr=1).setup(model)
        model.cleargrads()
        model.W.grad = np.ones((1, 2), np.float32)
        optimizer.update()
        assert model.W.array.tolist() == [[0, 0]]

    def test_is_in_place(self):
        model = layer()
        array = model.W.array
        SGD().setup(model).update(lambda: sum_of(model(X)))
        assert model.W.array is array

    def test_absent_gradient_is_zero(self):
        model = layer()
        optimizer = MomentumSGD(lr=1, momentum=0.5).setup(model)
        model.cleargrads()
        model.b.grad = np.ones(1, np.float32)
        optimizer.update()
        model.cleargrads()
        optimizer.update()  # momentum goes on
        assert model.b.array.tolist() == [-0.5]
        assert model.b.update_rule.t == 2

    def test_disabled_rule_does_nothing(self):
        model = layer()
        optimizer = SGD(lr=1).setup(model)
        model.disable_update()
        optimizer.update(lambda: sum_of(model(X)))
        assert (optimizer.t, model.W.update_rule.t, model.W.array.tolist()) == (1, 0, [[1, 1]])

    def test_deferred_parameter_before_any_forward(self):
        model = Linear(None, 1)
        optimizer = Adam().setup(model)
        with pytest.raises(RuntimeError, match=r"Cannot retrieve Variable\.grad"):
            optimizer.update()
        model.cleargrads()
        optimizer.update()
        assert model.W.update_rule.state is None

    def test_deferred_parameter_is_initialized_by_the_loss(self):
        model = Linear(None, 1)
        Adam().setup(model).update(lambda: sum_of(model(X)))
        assert model.W.update_rule.state["m"].shape == (1, 2)

    @pytest.mark.filterwarnings("ignore:(Variable|Link).zerograds? is deprecated:DeprecationWarning")
    def test_zerograds_instead_of_cleargrads(self):
        model = layer()
        optimizer = SGD(lr=0.5).setup(model)
        with pytest.warns(DeprecationWarning, match=r"GradientMethod\.use_cleargrads is deprecated"):
            optimizer.use_cleargrads(False)
        optimizer.update(lambda: sum_of(model(X)))
        assert model.W.array.tolist() == [[0.5, 0]]

    def test_base_classes_define_neither_update_nor_rule(self):
        with pytest.raises(NotImplementedError, match="Optimizer does not define update"):
            Optimizer().update()
        with pytest.raises(NotImplementedError, match="GradientMethod does not define create_update_rule"):
            GradientMethod().setup(layer())


class TestNewEpoch:
    def test_counts(self):
        optimizer = SGD().setup(layer())
        optimizer.new_epoch()
        assert optimizer.epoch == 1

    def test_by_an_updater_only_if_that_is_known(self):
        optimizer = SGD().setup(layer())
        with pytest.raises(RuntimeError, match="invalid new_epoch call with auto=True"):
            optimizer.new_epoch(auto=True)
        optimizer.use_auto_new_epoch = True
        optimizer.new_epoch(auto=True)
        with pytest.raises(RuntimeError, match="duplicated new_epoch with the updater"):
            optimizer.new_epoch()
        assert optimizer.epoch == 1


class TestSerialize:
    @staticmethod
    def trained(optimizer, steps=2):
        model = Chain(a=Linear(2, 1), b=Linear(2, 1))
        optimizer.setup(model)
        for _ in range(steps):
            optimizer.update(lambda: sum_of(model.a(X)))
        optimizer.new_epoch()
        return model, optimizer

    @staticmethod
    def saved(optimizer):
        file = io.BytesIO()
        save_npz(file, optimizer)
        file.seek(0)
        return file

    def test_keys(self):
        target = {}
        DictionarySerializer(target).save(self.trained(MomentumSGD())[1])
        rules = {f"{path}/{key}" for path in ("a/W", "a/b", "b/W", "b/b") for key in ("t", "v")}
        assert set(target) == {"t", "epoch"} | rules

    def test_state_is_made_from_the_file(self):
        model, optimizer = self.trained(Adam())
        other, loaded = self.trained(Adam(), steps=0)
        load_npz(self.saved(optimizer), loaded)
        assert (loaded.t, loaded.epoch, other.a.W.update_rule.t) == (2, 1, 2)
        for key in ("m", "v"):
            np.testing.assert_array_equal(other.a.W.update_rule.state[key], model.a.W.update_rule.state[key])

    def test_state_that_the_file_lacks(self):
        model, optimizer = self.trained(MomentumSGD(), steps=0)
        with pytest.raises(KeyError, match="a/W/v is not a file in the archive"):
            load_npz(self.saved(self.trained(SGD())[1]), optimizer)
        load_npz(self.saved(self.trained(SGD())[1]), optimizer, strict=False)
        assert (optimizer.t, model.a.W.update_rule.state) == (2, None)
        model.disable_update()
        load_npz(self.saved(self.trained(SGD())[1]), optimizer)
        assert model.a.W.update_rule.state is None

    def test_failed_load_changes_nothing(self):
        file = self.saved(self.trained(SGD())[1])
        model, optimizer = self.trained(MomentumSGD(), steps=1)
        before = model.a.W.update_rule.state["v"].copy()
        with pytest.raises(KeyError, match="is not a file in the archive"):
            load_npz(file, optimizer)
        assert (optimizer.t, optimizer.epoch, model.a.W.update_rule.t) == (1, 1, 1)
        np.testing.assert_array_equal(model.a.W.update_rule.state["v"], before)
