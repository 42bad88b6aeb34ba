"""Rows about what a link owns: parameters and persistent values under names."""

from typing import Any

import numpy as np
from golden.page.observing import deferred, depthwise


def add_param(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    see("returns", lambda: layer.add_param("plain", (2,)))
    see("is filled with NaN", lambda: (layer.plain, layer.plain.grad))
    with ch.using_config("dtype", np.float64):
        layer.add_param("configured", 2)
        layer.add_param("scalar", (2,), initializer=3)
    see("is float32 whatever the configuration", lambda: layer.configured.dtype)
    see("but not with a scalar", lambda: layer.scalar)
    see("dtype", lambda: (layer.add_param("half", (1,), np.float16), layer.half.dtype))
    see("initializer", lambda: (layer.add_param("one", (2,), initializer=ch.initializers.One()), layer.one))
    see("array", lambda: (layer.add_param("given", (2,), initializer=np.array([1.0, 2.0])), layer.given))
    see("dtype with initializer", lambda: (layer.add_param("both", (1,), "f2", 1), layer.both.dtype))
    see("array alone", lambda: (layer.add_param("alone", initializer=np.array([1.0])), layer.alone, layer.alone.grad))
    see("deferred", lambda: (layer.add_param("later"), layer.later))
    see("existing", lambda: layer.add_param("W", (1,)))
    see("existing attribute", lambda: layer.add_param("ksize", (1,)))
    see("method's name", lambda: layer.add_param("forward", (1,)))
    see("names", lambda: [path for path, _ in layer.namedparams()])
    see("name of the parameter", lambda: layer.plain.name)
    see("positional", lambda: (layer.add_param("p", (1,), np.float16, ch.initializers.Zero()), layer.p))


def add_persistent(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    value = [1]
    see("returns", lambda: layer.add_persistent("count", value))
    see("is the value itself", lambda: layer.count is value)
    see("any value", lambda: (layer.add_persistent("nothing", None), layer.nothing))
    see("existing", lambda: layer.add_persistent("count", 2))
    see("existing parameter", lambda: layer.add_persistent("W", 2))
    see("kept", lambda: layer._persistent)
    see("assignment keeps it", lambda: (setattr(layer, "count", 5), layer._persistent))
    see("deletion", lambda: (delattr(layer, "count"), layer._persistent))
    see("parameters are as before", lambda: layer._params)


def register_persistent(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    layer.rate = 0.5
    see("returns", lambda: layer.register_persistent("rate"))
    see("twice", lambda: layer.register_persistent("rate"))
    see("kept", lambda: layer._persistent)
    see("missing", lambda: layer.register_persistent("missing"))
    see("a class's attribute", lambda: layer.register_persistent("forward"))
    see("a parameter", lambda: (layer.register_persistent("W"), layer._params, layer.W is not None))


def init_scope(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    with layer.init_scope():
        layer.g = ch.Parameter(1, (2,))
        layer.v = ch.Variable(np.zeros(1))
        layer.n = 3
        layer.lone = ch.Link()
    see("only parameters register", lambda: (layer._params, layer.g.name))
    layer.outside = ch.Parameter(1, (2,))
    see("outside nothing does", lambda: (layer._params, layer.outside.name))
    see("reassigned outside", lambda: (setattr(layer, "g", 5), layer._params))
    with layer.init_scope():
        layer.W = ch.Parameter(0, (1,))
        layer.twice = layer.also = ch.Parameter(2, (1,))
    see("reassigned inside", lambda: layer.W)
    see("two names", lambda: (layer._params, layer.twice.name, layer.twice is layer.also))

    class Forgets(ch.Link):
        def __init__(self) -> None:
            pass

    def enter() -> None:
        with Forgets().init_scope():
            pass

    see("without init", enter)
    see("deleted", lambda: (delattr(layer, "W"), layer._params))
    see("delete unknown", lambda: delattr(layer, "W"))


def within_init_scope(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    see("outside", lambda: layer.within_init_scope)
    with layer.init_scope():
        see("inside", lambda: layer.within_init_scope)
        with layer.init_scope():
            see("nested", lambda: layer.within_init_scope)
        see("after the nested one", lambda: layer.within_init_scope)
    see("after", lambda: layer.within_init_scope)
    try:
        with layer.init_scope():
            raise KeyError
    except KeyError:
        see("after an exception", lambda: layer.within_init_scope)
    see("before init", lambda: ch.Link.__new__(ch.Link).within_init_scope)
    see("read only", lambda: setattr(layer, "within_init_scope", True))


def params(ch: Any, see: Any) -> None:
    see("sorted", lambda: [param.name for param in depthwise(ch).params()])
    see("without bias", lambda: [param.name for param in depthwise(ch, nobias=True).params()])
    see("uninitialized", lambda: [param.name for param in deferred(ch).params()])
    see("left out", lambda: [param.name for param in deferred(ch).params(include_uninit=False)])
    see("positional", lambda: [param.name for param in deferred(ch).params(False)])
    tree = ch.Chain(b=depthwise(ch), a=ch.ChainList(depthwise(ch, nobias=True)))
    see("tree", lambda: [param.shape for param in tree.params()])
    see("is lazy", lambda: hasattr(depthwise(ch).params(), "__next__"))


def namedparams(ch: Any, see: Any) -> None:
    tree = ch.Chain(z=depthwise(ch), a=ch.ChainList(depthwise(ch, nobias=True), deferred(ch)))
    tree.add_param("own", (1,))
    see("paths", lambda: [path for path, _ in tree.namedparams()])
    see("left out", lambda: [path for path, _ in tree.namedparams(include_uninit=False)])
    see("layer", lambda: [path for path, _ in depthwise(ch).namedparams()])
    see("are the parameters", lambda: [p is q for (_, p), q in zip(tree.namedparams(), tree.params())])


def count_params(ch: Any, see: Any) -> None:
    see("layer", lambda: depthwise(ch).count_params())
    see("without bias", lambda: depthwise(ch, nobias=True).count_params())
    see("uninitialized", lambda: deferred(ch).count_params())
    see("tree", lambda: ch.Chain(a=depthwise(ch), b=deferred(ch)).count_params())
    see("nothing", lambda: ch.Link().count_params())


def cleargrads(ch: Any, see: Any) -> None:
    layer = ch.links.DepthwiseConvolution2D(3, 2, 2)
    see("NaN at first", lambda: bool(np.isnan(layer.W.grad).all()))
    see("returns", lambda: layer.cleargrads())
    see("none", lambda: (layer.W.grad, layer.b.grad))
    later = deferred(ch)
    see("uninitialized", lambda: later.W.grad)
    later.cleargrads()
    see("cleared", lambda: later.W.grad)
    later.W.initialize((2, 3, 2, 2))
    later.b.initialize(6)
    see("stays none", lambda: (later.W.grad, later.b.grad))


def zerograds(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    see("warns", lambda: layer.zerograds())
    see("zeros", lambda: (layer.W.grad, layer.b.grad))
    later = deferred(ch)
    see("warns of each", lambda: later.zerograds())
    later.b.initialize(2)
    see("zeros later", lambda: later.b.grad)
