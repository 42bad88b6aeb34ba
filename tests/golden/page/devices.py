"""Rows about devices, as far as a machine without a GPU and without ChainerX shows them."""

from typing import Any

import numpy as np
from golden.page.observing import deferred, depthwise


def _moves(ch: Any, see: Any, move: Any) -> None:
    layer = depthwise(ch)
    layer.W.grad = np.ones_like(layer.W.array)
    layer.add_persistent("array", np.zeros(2))
    before = layer.W.array, layer.W.grad, layer.array
    see("returns itself", lambda: move(layer) is layer)
    see("the same objects", lambda: [x is y for x, y in zip(before, (layer.W.array, layer.W.grad, layer.array))])
    see("device", lambda: (str(layer.device), str(layer.W.device)))
    see("deferred", lambda: str(move(deferred(ch)).W.device))
    see("tree", lambda: [str(link.device) for link in move(ch.Chain(a=depthwise(ch), b=ch.ChainList())).links()])


def to_cpu(ch: Any, see: Any) -> None:
    _moves(ch, see, lambda link: link.to_cpu())


def to_device(ch: Any, see: Any) -> None:
    _moves(ch, see, lambda link: link.to_device("@numpy"))
    for wrong in ("@foo", "@numpy:0", "numpy", None, 1.5, (0,), "@intel64"):
        see(f"{wrong!r}", lambda wrong=wrong: depthwise(ch).to_device(wrong))
    for right in ("-1", -1, np.int32(-1), ch.backend.CpuDevice()):
        see(f"{right!s} {type(right).__name__}", lambda right=right: str(depthwise(ch).to_device(right).device))
    see("no GPU", lambda: depthwise(ch).to_device("@cupy:0"))
    see("no GPU, as number", lambda: depthwise(ch).to_device(True))


def to_gpu(ch: Any, see: Any) -> None:
    see("no GPU", lambda: _without_warning(lambda: depthwise(ch).to_gpu()))
    see("no GPU, numbered", lambda: _without_warning(lambda: depthwise(ch).to_gpu(0)))


def _without_warning(call: Any) -> Any:
    import warnings

    with warnings.catch_warnings():  # whether the warning comes before the error is no promise
        warnings.simplefilter("ignore")
        return call()


def from_chx(ch: Any, see: Any) -> None:
    _moves(ch, see, lambda link: link.from_chx())


def device(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    see("text", lambda: (str(layer.device), repr(layer.device)))
    see("equal", lambda: layer.device == ch.get_device("@numpy"))
    see("read only", lambda: setattr(layer, "device", layer.device))
    see("before init", lambda: str(ch.Link.__new__(ch.Link).device))


def xp(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    see("is numpy", lambda: layer.xp is np)
    see("of a tree", lambda: ch.Chain(a=layer).xp is np)
    see("read only", lambda: setattr(layer, "xp", np))
