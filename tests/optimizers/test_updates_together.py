"""An optimizer's update of many parameters at once is the update of each, in its turn, bit for bit."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from golden.optimizer_scenarios import OPTIMIZERS
from seed import SEED

from dwbridge import Chain, Link, Parameter, optimizers
from dwbridge.optimizers import updates

DTYPES = (np.float32, np.float64, np.float16)


def network() -> Chain:
    """Links with parameters of several dtypes and shapes."""
    rng = np.random.RandomState(SEED)
    links = {
        f"layer{i}": Link(W=((i + 2, 3), DTYPES[i % 3]), b=((i + 1,), DTYPES[i % 3]), gamma=((), np.float32))
        for i in range(5)
    }
    chain = Chain(**links)
    for param in chain.params():
        param.array[...] = rng.standard_normal(param.shape)
    return chain


def follow(chain: Link, steps: int, update: Callable[[], None]) -> list[np.ndarray]:
    """Steps along drawn gradients; every array of the parameters and of their states afterwards."""
    rng = np.random.RandomState(SEED + 1)
    for _ in range(steps):
        for param in chain.params():
            param.grad = rng.standard_normal(param.shape).astype(param.dtype)
        update()
    found = []
    for param in chain.params():
        rule: Any = param.update_rule
        state = [] if rule.state is None else [np.asarray(rule.state[name]) for name in sorted(rule.state)]
        found += [param.array, np.asarray(rule.t), *state]
    return found


def both(prepare: Callable[[Chain, Any], None], optimizer: str = "Adam", steps: int = 3) -> list[np.ndarray]:
    """The arrays after steps together, which have to be those after steps of `Parameter.update`, one by one."""
    found = []
    for alone in (False, True):
        chain, (name, arguments) = network(), OPTIMIZERS[optimizer]
        method = getattr(optimizers, name)(**arguments).setup(chain)
        prepare(chain, method)

        def one_by_one(chain: Chain = chain) -> None:
            for param in chain.params():
                param.update()

        found.append(follow(chain, steps, one_by_one if alone else method.update))
    for together, single in zip(*found, strict=True):
        assert together.dtype == single.dtype
        np.testing.assert_array_equal(together, single)
    return found[0]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer(optimizer: str) -> None:
    both(lambda chain, method: None, optimizer)


def test_hyperparameters_of_their_own() -> None:
    def prepare(chain: Chain, method: Any) -> None:
        chain["layer1"].W.update_rule.hyperparam.alpha = 0.5
        chain["layer2"].b.update_rule.hyperparam.amsgrad = True

    both(prepare)


def test_rules_that_are_disabled_or_not_there() -> None:
    def prepare(chain: Chain, method: Any) -> None:
        chain["layer1"].disable_update()

    assert both(prepare)[3 * 4 + 1] == 0  # its t


def test_what_is_between_sees_what_was_before() -> None:
    """A hook of a rule reads a parameter that is updated before its own, and one that is updated after."""

    def prepare(chain: Chain, method: Any) -> None:
        before, after = chain["layer1"].W, chain["layer3"].W

        def hook(rule: Any, param: Any) -> None:
            param.array += before.array.sum().astype(param.dtype) - after.array.sum().astype(param.dtype)

        chain["layer2"].W.update_rule.add_hook(hook, "between", timing="post")

    both(prepare)


@pytest.mark.parametrize("method_name", ["step", "update_core", "update_core_cpu", "update"])
@pytest.mark.parametrize("of_instance", [False, True])
def test_methods_of_a_users_own(method_name: str, of_instance: bool) -> None:
    calls: list[int] = []

    def prepare(chain: Chain, method: Any) -> None:
        rule = chain["layer2"].W.update_rule
        honest = getattr(rule, method_name)

        def own(self: Any, *args: Any) -> None:
            honest(*args)
            calls.append(1)
            chain["layer2"].W.array[...] += chain["layer1"].W.array[0, 0].astype(chain["layer2"].W.dtype)

        if of_instance:
            setattr(rule, method_name, lambda *args: own(rule, *args))
        else:
            rule.__class__ = type("Own", (type(rule),), {method_name: own})

    both(prepare)
    assert len(calls) == 2 * 3


@pytest.mark.parametrize("part", [slice(None), slice(0, 1)])
def test_parameters_that_share_memory(part: slice) -> None:
    """Of three, the second has scalars of its own: it waits apart from the others, and is not computed behind them."""

    def prepare(chain: Chain, method: Any) -> None:
        whole = chain["layer0"].W.array
        for name in ("layer1", "layer3"):
            link = chain[name]
            del link.W
            with link.init_scope():
                link.W = Parameter(whole[part])
            link.W.update_rule = method.create_update_rule()
        chain["layer1"].W.update_rule.hyperparam.momentum = 0.1

    both(prepare, "MomentumSGD")


def test_a_parameter_in_three_links_is_updated_thrice() -> None:
    def prepare(chain: Chain, method: Any) -> None:
        for name in ("layer1", "layer3"):
            with chain[name].init_scope():
                chain[name].shared = chain["layer0"].W

    both(prepare)


def test_a_gradient_that_is_another_parameter() -> None:
    """a follows b, which has scalars of its own, and that follows c, whose are those of a."""
    chain = Chain(**{name: Link(W=((3,), np.float32)) for name in "abc"})
    method = optimizers.SGD(0.5).setup(chain)
    chain.b.W.update_rule.hyperparam.lr = 0.25
    for _ in range(2):  # the first update is alone in any case
        for i, name in enumerate("abc"):
            chain[name].W.array[...] = i + 1
        for name, other in ("ab", "bc", "ca"):
            chain[name].W.grad = chain[other].W.array
        method.update()
        for name, value in zip("abc", (1 - 2 / 2, 2 - 3 / 4, 3 - 0 / 2), strict=True):
            np.testing.assert_array_equal(chain[name].W.array, np.full(3, value, np.float32))


def test_what_waits_is_computed_before_an_error_leaves() -> None:
    chain = network()
    method = optimizers.Adam().setup(chain)
    follow(chain, 1, method.update)
    twin = copy.deepcopy(chain)
    chain["layer3"].W.update_rule.hyperparam.eps = 1e-60
    with pytest.raises(ValueError, match="eps of Adam optimizer is too small"):
        follow(chain, 1, method.update)

    def until_then() -> None:
        for param in list(twin.params())[:9]:
            param.update()

    follow(twin, 1, until_then)
    for param, other in list(zip(chain.params(), twin.params(), strict=True))[:9]:
        np.testing.assert_array_equal(param.array, other.array)


def test_calls_are_as_many_as_there_are_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    honest = updates.kernels_for

    class Counted:
        def __init__(self, kernels: Any) -> None:
            self.kernels = kernels

        def together(self, routine: str, rows: Any, *scalars: Any) -> None:
            calls.append(len(rows))
            self.kernels.together(routine, rows, *scalars)

    monkeypatch.setattr(updates, "kernels_for", lambda *args: Counted(honest(*args)))
    chain = network()
    method = optimizers.Adam().setup(chain)
    follow(chain, 1, method.update)
    assert calls == []
    follow(chain, 1, method.update)
    assert calls == [15]
    chain["layer2"].W.update_rule.add_hook(lambda rule, param: None, "hook")
    follow(chain, 1, method.update)
    assert calls == [15, 6, 8]


def test_on_a_gpu_a_step_is_one_launch_for_each_dtype(gpu: Any) -> None:
    chain = network()
    chain.to_device("@cupy:1")
    for param in chain.params():
        param.grad = chain.device.send(np.ones(param.shape, param.dtype))
    method = optimizers.Adam().setup(chain)
    method.update()
    gpu.launches.clear()
    gpu.transfers.clear()
    method.update()
    assert gpu.launches == ["optimizer_update"] * len(DTYPES)
    assert not gpu.transfers


class Each(optimizers.WeightDecay):
    """A hook of a user's own, which is called for each parameter."""


def decayed(hook: Any, prepare: Callable[[Chain], None]) -> list[np.ndarray]:
    """The gradients after three times that hook; every other parameter has a loss scale, and waits apart."""
    chain, rng = network(), np.random.RandomState(SEED + 2)
    method = optimizers.SGD(0.5).setup(chain)
    method.add_hook(hook)
    for param in chain.params():
        param.grad = rng.standard_normal(param.shape).astype(param.dtype)
    chain["layer2"].b.cleargrad()
    prepare(chain)
    for i, param in enumerate(chain.params()):
        param._loss_scale = (None, 4.0)[i % 2]
    for _ in range(3):
        method.call_hooks("pre")
    return [param.grad for param in chain.params()]


def unprepared(chain: Chain) -> None:
    pass


def a_parameter_in_three_links(chain: Chain) -> None:
    for name in ("layer1", "layer3"):
        with chain[name].init_scope():
            chain[name].shared = chain["layer0"].W


def a_gradient_of_two_parameters(chain: Chain) -> None:
    chain["layer1"].gamma.grad = chain["layer4"].gamma.grad


def gradients_that_are_parameters(chain: Chain) -> None:
    chain["layer1"].gamma.grad = chain["layer4"].gamma.array
    chain["layer4"].gamma.grad = chain["layer3"].gamma.array


@pytest.mark.parametrize(
    "prepare", [unprepared, a_parameter_in_three_links, a_gradient_of_two_parameters, gradients_that_are_parameters]
)
def test_decay_of_all_is_the_decay_of_each(prepare: Callable[[Chain], None]) -> None:
    for together, single in zip(
        decayed(optimizers.WeightDecay(0.25), prepare), decayed(Each(0.25), prepare), strict=True
    ):
        np.testing.assert_array_equal(together, single)


def test_decay_of_a_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A subclass is called for each parameter, as ever; the hook itself for all of them at once."""
    called: list[str] = []
    monkeypatch.setattr(optimizers.WeightDecay, "call_for", lambda hook, params: called.append("all"))
    monkeypatch.setattr(Each, "__call__", lambda hook, rule, param: called.append(param.name), raising=False)
    decayed(optimizers.WeightDecay(0.25), unprepared)
    assert called == 3 * ["all"]
    decayed(Each(0.25), unprepared)
    assert len(called) == 3 + 3 * 15
