"""The class page of `DepthwiseConvolution2D`, row by row, against what real Chainer 7.8.1 shows.

`tests/golden/page` holds what is looked at, `chainer_page.json` what Chainer showed. ChainerX's names, which Chainer
shows only where its compiled library is, are tested here alone. `docs/LINK.md` is the table of the rows.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from golden.page.observing import depthwise, image, observe
from golden.page.rows import ROWS

import dwbridge
from dwbridge.backend import CpuDevice, get_device

GOLDEN = json.loads((Path(__file__).resolve().parents[1] / "golden" / "chainer_page.json").read_text())

#: Where this library differs on purpose: (row, observation) -> what it shows, and why.
ON_PURPOSE = {
    ("forward", "none"): "TypeError",  # says what it expects; Chainer trips over an attribute of None
}


def agree(row):
    expected = GOLDEN[row] | {label: text for (name, label), text in ON_PURPOSE.items() if name == row}
    assert observe(ROWS[row], dwbridge) == expected


def test_every_row_is_tested():
    assert set(GOLDEN) == set(ROWS)
    assert {f"test_{row}" for row in ROWS} <= set(globals())


def test_differences_are_differences():
    for (row, label), text in ON_PURPOSE.items():
        assert GOLDEN[row][label] != text


def test_depthwise_convolution_2d():
    agree("depthwise_convolution_2d")


def test_add_hook():
    agree("add_hook")


def test_add_param():
    agree("add_param")


def test_add_persistent():
    agree("add_persistent")


def test_addgrads():
    agree("addgrads")


def test_children():
    agree("children")


def test_cleargrads():
    agree("cleargrads")


def test_copy():
    agree("copy")


def test_copyparams():
    agree("copyparams")


def test_count_params():
    agree("count_params")


def test_delete_hook():
    agree("delete_hook")


def test_device():
    agree("device")


def test_disable_update():
    agree("disable_update")


def test_enable_update():
    agree("enable_update")


def test_forward():
    agree("forward")


def test_from_chx():
    agree("from_chx")


def test_init_scope():
    agree("init_scope")


def test_links():
    agree("links")


def test_local_link_hooks():
    agree("local_link_hooks")


def test_namedlinks():
    agree("namedlinks")


def test_namedparams():
    agree("namedparams")


def test_params():
    agree("params")


def test_printable_specs():
    agree("printable_specs")


def test_register_persistent():
    agree("register_persistent")


def test_repeat():
    agree("repeat")


def test_serialize():
    agree("serialize")


def test_to_cpu():
    agree("to_cpu")


def test_to_device():
    agree("to_device")


def test_to_gpu():
    agree("to_gpu")


def test_update_enabled():
    agree("update_enabled")


def test_within_init_scope():
    agree("within_init_scope")


def test_xp():
    agree("xp")


def test_zerograds():
    agree("zerograds")


def test_chain():
    agree("chain")


def test_chain_list():
    agree("chain_list")


def test_sequential():
    agree("sequential")


@pytest.mark.parametrize("name", ["to_chainerx", "to_chx"])
def test_to_chainerx(name):
    layer = depthwise(dwbridge)
    layer.W.grad = np.ones_like(layer.W.array)
    layer.add_persistent("array", np.zeros(2))
    before = layer.W.array, layer.W.grad, layer.b.array, layer.array
    assert getattr(layer, name)() is layer
    after = layer.W.array, layer.W.grad, layer.b.array, layer.array
    for plain, named in zip(before, after):
        assert named.device_name == "native:0"
        assert named.__array_interface__["data"] == plain.__array_interface__["data"]
    assert layer.device == layer.W.device == get_device("native:0")
    y = layer(image())
    assert y.array.device_name == "native:0"
    np.testing.assert_array_equal(y.array, depthwise(dwbridge)(image()).array)


@pytest.mark.parametrize("name", ["from_chainerx", "from_chx"])
def test_from_chainerx(name):
    layer = depthwise(dwbridge)
    array = layer.W.array
    assert getattr(layer.to_chx(), name)() is layer
    assert type(layer.W.array) is np.ndarray
    assert layer.W.array.__array_interface__["data"] == array.__array_interface__["data"]
    assert layer.device == layer.W.device == CpuDevice()
    assert type(layer(image()).array) is np.ndarray
