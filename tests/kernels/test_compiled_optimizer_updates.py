"""Compiled steps of optimizers: the reference's, bit for bit."""

import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optimizer_steps import UPDATES, assert_same_bits, steps

from dwbridge import Parameter, config, optimizers
from dwbridge.backend.tagged import tagged
from dwbridge.configuration import using_config
from dwbridge.kernels import kernels_for
from dwbridge.kernels.reference import optimizer_updates as reference

compiled = pytest.importorskip("dwbridge.kernels.compiled.optimizer_updates", reason="Numba is not installed")

TYPES = [np.float32, np.float64]


def test_every_routine_is_there_and_compared() -> None:
    names = {name for name, value in vars(reference).items() if inspect.isfunction(value)} - {
        "compute_dtype",
        "get_array_module",
    }
    assert names == {name for name, _, _ in UPDATES} | {"weight_decay", "together"}
    for name in names:
        assert inspect.signature(getattr(compiled, name)) == inspect.signature(getattr(reference, name))


def normal(shape: Any, dtype: Any) -> np.ndarray:
    return np.random.normal(size=shape).astype(dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("update", UPDATES, ids=str)
def test_bits_are_the_references(update: Any, dtype: Any) -> None:
    x, gradients = normal((7, 11, 13), dtype), [normal((7, 11, 13), dtype) for _ in range(10)]
    assert_same_bits(steps(compiled, update, x, gradients), steps(reference, update, x, gradients))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_size_any_values(data: st.DataObject) -> None:
    update, dtype = data.draw(st.sampled_from(UPDATES)), data.draw(st.sampled_from(TYPES))
    shape = tuple(data.draw(st.lists(st.integers(0, 12), max_size=3), "shape"))
    x, gradients = normal(shape, dtype), [normal(shape, dtype) for _ in range(3)]
    odd = [np.nan, np.inf, -np.inf, 0.0, -0.0, np.finfo(dtype).smallest_subnormal, np.finfo(dtype).max]
    for array in (x, *gradients):
        if array.size:
            array.reshape(-1)[data.draw(st.integers(0, array.size - 1))] = data.draw(st.sampled_from(odd))
    assert_same_bits(steps(compiled, update, x, gradients), steps(reference, update, x, gradients))


@pytest.mark.parametrize("update", UPDATES, ids=str)
def test_gradients_of_any_layout_are_not_touched(update: Any) -> None:
    x = normal((6, 5), np.float32)
    read_only = normal((6, 5), np.float32)
    read_only.flags.writeable = False
    turned, broadcast = normal((5, 6), np.float32).T[::-1], np.broadcast_to(np.float32(0.5), (6, 5))
    gradients = [read_only, turned, broadcast]
    before = [g.copy() for g in gradients]
    assert_same_bits(steps(compiled, update, x, gradients), steps(reference, update, x, gradients))
    assert_same_bits(gradients, before)


@pytest.mark.parametrize("update", UPDATES, ids=str)
@pytest.mark.parametrize("kind", ["float16", "turned", "mixed"])
def test_what_is_declined_is_the_references(update: Any, kind: str) -> None:
    x, g = normal((6, 5), np.float32), normal((6, 5), np.float32)
    if kind == "float16":
        x, g = x.astype(np.float16), g.astype(np.float16)
    x = np.asfortranarray(x) if kind == "turned" else x
    g = g.astype(np.float64) if kind == "mixed" else g
    kernels = kernels_for("optimizer_updates", x)
    assert_same_bits(steps(kernels, update, x, [g] * 2), steps(reference, update, x, [g] * 2))


@pytest.mark.parametrize("update", UPDATES, ids=str)
def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch, update: Any) -> None:
    monkeypatch.setattr(compiled, "GRAIN", 33)
    x, g = normal(1003, np.float32), normal(1003, np.float32)
    expected = steps(reference, update, x, [g] * 2)
    for threads in (1, 2, 3, 16):
        with using_config("num_threads", threads):
            assert_same_bits(steps(compiled, update, x, [g] * 2), expected)


def test_arrays_with_a_chainerx_name_are_updated_in_place() -> None:
    x, g = tagged(np.ones(3, np.float32), "native:0"), tagged(np.ones(3, np.float32), "native:0")
    kernels_for("optimizer_updates", x).sgd(x, g, 0.5)
    assert x.tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("name", ["SGD", "MomentumSGD", "Adam", "AMSBound", "AdamW", "RMSprop"])
def test_float16_through_float32_is_the_references(name: str) -> None:
    results = []
    for kernels in ("numpy", "auto"):
        param = Parameter(np.linspace(-1, 1, 20, dtype=np.float16))
        param.update_rule = getattr(optimizers, name)().create_update_rule()
        param.update_rule.use_fp32_update()
        with using_config("kernels", kernels):
            assert config.kernels == kernels
            for step in range(5):
                param.grad = np.cos(np.arange(20) + step).astype(np.float16)
                param.update()
        results.append(param.array)
    assert_same_bits(results[1:], results[:1])


@pytest.mark.parametrize("dtype", [np.float16, *TYPES])
def test_weight_decay_changes_the_gradient_alone(dtype: Any) -> None:
    for shape in ((), (3,), (5, 41), (7, 5, 3)):
        x, gradients = normal(shape, dtype), []
        x.reshape(-1)[-1:] = -0.0
        before, g = x.copy(), normal(shape, dtype)
        g.reshape(-1)[-1:] = -0.0
        for module in (kernels_for("optimizer_updates", x), reference):
            gradients.append(np.array(g))
            module.weight_decay(x, gradients[-1], 0.3)
        assert_same_bits(gradients[:1], gradients[1:])
        np.testing.assert_array_equal(x, before)
    turned, g = normal((6, 5), dtype).T, normal((5, 6), dtype)
    expected = g.copy()
    reference.weight_decay(turned, expected, 0.3)
    kernels_for("optimizer_updates", g).weight_decay(turned, g, 0.3)
    assert_same_bits([g], [expected])
