"""Rows about calling a link: the constructor, forward, hooks, what is printed, updates."""

from typing import Any

import numpy as np
from golden.page.observing import deferred, depthwise, image


def depthwise_convolution_2d(ch: Any, see: Any) -> None:
    def make(*arguments: Any, **keywords: Any) -> Any:
        layer = ch.links.DepthwiseConvolution2D(*arguments, **keywords)
        return layer.W.shape, layer.W.dtype, None if layer.b is None else layer.b

    see("integer", lambda: make(3, 2, 4))
    see("pair", lambda: make(3, 2, (3, 1), (2, 1), (1, 0)))
    see("without bias", lambda: make(3, 2, 3, nobias=True, initial_bias=4))
    see("positional", lambda: make(3, 2, 3, 2, 1, False, 1, 2))
    see("scalar weights", lambda: ch.links.DepthwiseConvolution2D(1, 1, 1, initialW=3).W)
    see(
        "array weights", lambda: ch.links.DepthwiseConvolution2D(1, 1, 2, initialW=np.arange(4.0).reshape(1, 1, 2, 2)).W
    )
    see("callable", lambda: ch.links.DepthwiseConvolution2D(1, 1, 1, initialW=lambda array: array.fill(2)).W)
    see("initializer", lambda: ch.links.DepthwiseConvolution2D(1, 1, 1, initialW=ch.initializers.One(np.float16)).W)
    see("array of bias", lambda: make(2, 1, 1, initial_bias=np.array([1, 2])))
    see("drawn", lambda: ch.links.DepthwiseConvolution2D(3, 2, 2).W)
    for dtype in (np.float16, np.float64):
        with ch.using_config("dtype", dtype):
            see(f"configured {dtype.__name__}", lambda: make(3, 2, 2))
    see("deferred", lambda: (deferred(ch).W, deferred(ch).b))
    later = deferred(ch)
    see("first input decides", lambda: (later(image()).shape, later.W.shape, later.b))
    see("list of weights", lambda: make(1, 1, 1, initialW=[1]))
    see("variable as weights", lambda: make(1, 1, 1, initialW=ch.Variable(np.ones((1, 1, 1, 1), "f"))))
    see("weights of another shape", lambda: make(1, 1, 2, initialW=np.zeros(3)))
    see("no channels", lambda: make(0, 1, 2))
    see("no kernels", lambda: make(3, 0, 2))
    see("ksize of three", lambda: make(3, 1, (1, 2, 3)))
    see("no ksize", lambda: make(3, 1, None))
    layer = ch.links.DepthwiseConvolution2D(3, 2, (3, 2), stride=[2, 1], pad=1)
    see("attributes", lambda: (layer.ksize, layer.stride, layer.pad, layer.channel_multiplier, layer.nobias))


def forward(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    x = ch.Variable(image())
    see("values", lambda: layer.forward(x).array)
    see("call", lambda: layer(x).array)
    see("array", lambda: (layer(image()).shape, layer(image()).requires_grad))
    see("stride and pad", lambda: depthwise(ch, stride=(2, 1), pad=(1, 0))(x).array)
    see("without bias", lambda: depthwise(ch, nobias=True)(x).array)
    y = layer(x)
    y.grad = np.ones_like(y.array)
    y.backward()
    see("gradients", lambda: (x.grad, layer.W.grad, layer.b.grad))
    y = layer(x)
    y.grad = np.ones_like(y.array)
    y.backward()
    see("gradients add up", lambda: layer.b.grad)
    see("empty batch", lambda: layer(image()[:0]).array)
    for name, wrong in (
        ("integers", image().astype(int)),
        ("three axes", image()[0]),
        ("two channels", image()[:, :2]),
        ("double", image().astype(np.float64)),
        ("list", [1.0]),
        ("none", None),
    ):
        see(name, lambda wrong=wrong: layer(wrong).shape)
    later = deferred(ch)
    see("initialized before the check", lambda: later(image().astype(int)))
    see("and so it is", lambda: later.W.shape)
    with ch.no_backprop_mode():
        see("without recording", lambda: layer(image()).creator)

    class Forgets(ch.Link):
        def __init__(self) -> None:
            pass

        def forward(self) -> None:
            pass

    see("without init", lambda: Forgets()())
    see("without forward", lambda: ch.Link()())


def _logging_hook(ch: Any, log: list[Any], hook_name: str) -> Any:
    class Hook(ch.LinkHook):
        name = hook_name

        def added(self, link: Any) -> None:
            log.append(f"{hook_name} added {type(link).__name__}")

        def deleted(self, link: Any) -> None:
            log.append(f"{hook_name} deleted {type(link).__name__}")

        def forward_preprocess(self, args: Any) -> None:
            log.append(
                f"{hook_name} before {type(args.link).__name__} {args.forward_name} {len(args.args)} {args.kwargs}"
            )

        def forward_postprocess(self, args: Any) -> None:
            log.append(f"{hook_name} after {type(args.link).__name__} {args.forward_name} {args.out.shape}")

    return Hook()


def add_hook(ch: Any, see: Any) -> None:
    log: list[Any] = []
    layer = depthwise(ch)
    hook = _logging_hook(ch, log, "H")
    see("returns itself", lambda: layer.add_hook(hook) is layer)
    see("again", lambda: layer.add_hook(hook))
    see("under a name", lambda: (layer.add_hook(hook, "other"), list(layer.local_link_hooks)))
    see("no hook", lambda: layer.add_hook(print))
    layer(image())
    see("calls", lambda: list(log))
    see("error in forward", lambda: layer(image().astype(int)))
    see("only before", lambda: log[-2:])
    log.clear()
    with _logging_hook(ch, log, "G"):
        layer(image())
    see("global ones first", lambda: list(log))
    log.clear()
    with _logging_hook(ch, log, "H"):
        layer(image())
    see("local ones win", lambda: list(log))

    def nest() -> None:
        with _logging_hook(ch, log, "G"), _logging_hook(ch, log, "G"):
            pass

    see("nested", nest)


def delete_hook(ch: Any, see: Any) -> None:
    log: list[Any] = []
    layer = depthwise(ch)
    layer.add_hook(_logging_hook(ch, log, "H"))
    see("unknown", lambda: layer.delete_hook("other"))
    see("returns", lambda: layer.delete_hook("H"))
    see("is told", lambda: list(log))
    see("gone", lambda: dict(layer.local_link_hooks))
    see("again", lambda: layer.delete_hook("H"))


def local_link_hooks(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    see("empty", lambda: dict(layer.local_link_hooks))
    see("type", lambda: type(layer.local_link_hooks).__name__.replace("OrderedDict", "dict"))
    for name in ("z", "a"):
        layer.add_hook(_logging_hook(ch, [], name))
    see("in order", lambda: list(layer.local_link_hooks))
    see("a shared copy shares them", lambda: layer.copy().local_link_hooks is layer.local_link_hooks)
    see("a deep copy does not", lambda: list(ch.Link().copy("copy").local_link_hooks))
    see("read only", lambda: setattr(layer, "local_link_hooks", {}))


def printable_specs(ch: Any, see: Any) -> None:
    see("nothing", lambda: list(depthwise(ch).printable_specs))
    see("text", lambda: str(depthwise(ch)))
    see("in a chain", lambda: str(ch.Chain(conv=depthwise(ch), fc=ch.links.Linear(2, 3))))
    see("in a list", lambda: str(ch.ChainList(depthwise(ch), ch.Chain(x=depthwise(ch)))))
    see("empty chain", lambda: str(ch.Chain()))
    see("linear", lambda: list(ch.links.Linear(2, 3).printable_specs))

    class Mine(ch.Link):
        @property
        def printable_specs(self) -> Any:
            yield "k", 3
            yield "s", "t"

    see("of a subclass", lambda: str(Mine()))


def update_enabled(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    see("without rules", lambda: layer.update_enabled)
    ch.optimizers.SGD(lr=1.0).setup(layer)
    see("with rules", lambda: layer.update_enabled)
    layer.W.update_rule.enabled = False
    see("one of two", lambda: layer.update_enabled)
    layer.b.update_rule.enabled = False
    see("none", lambda: layer.update_enabled)
    see("read only", lambda: setattr(layer, "update_enabled", True))
    see("no parameters", lambda: ch.Link().update_enabled)


def disable_update(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    see("without rules", lambda: layer.disable_update())
    optimizer = ch.optimizers.SGD(lr=1.0).setup(layer)
    tree = ch.Chain(a=layer)
    see("returns", lambda: tree.disable_update())
    see("all", lambda: [param.update_rule.enabled for param in tree.params()])
    layer.b.grad = np.ones_like(layer.b.array)
    see("nothing moves", lambda: (optimizer.update(), layer.b.array, optimizer.t, layer.b.update_rule.t))


def enable_update(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    see("without rules", lambda: layer.enable_update())
    optimizer = ch.optimizers.SGD(lr=1.0).setup(layer)
    layer.disable_update()
    see("returns", lambda: layer.enable_update())
    layer.b.grad = np.ones_like(layer.b.array)
    see("it moves", lambda: (optimizer.update(), layer.b.array, optimizer.t, layer.b.update_rule.t))
