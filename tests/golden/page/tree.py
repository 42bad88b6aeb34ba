"""Rows about trees of links: walking, copying, taking over, saving."""

import pickle
from typing import Any

import numpy as np
from golden.page.observing import deferred, depthwise


def _tree(ch: Any) -> Any:
    return ch.Chain(b=depthwise(ch), a=ch.ChainList(depthwise(ch), ch.Chain(x=depthwise(ch, nobias=True))))


def children(ch: Any, see: Any) -> None:
    see("of a layer", lambda: list(depthwise(ch).children()))
    see("of a chain", lambda: _tree(ch).children())
    see("of a list", lambda: _tree(ch)["a"].children())


def links(ch: Any, see: Any) -> None:
    see("of a layer", lambda: depthwise(ch).links())
    see("itself left out", lambda: depthwise(ch).links(skipself=True))
    see("of a tree", lambda: _tree(ch).links())
    see("of a tree, itself left out", lambda: _tree(ch).links(True))


def namedlinks(ch: Any, see: Any) -> None:
    see("of a layer", lambda: depthwise(ch).namedlinks())
    see("of a tree", lambda: [path for path, _ in _tree(ch).namedlinks()])
    see("itself left out", lambda: [path for path, _ in _tree(ch).namedlinks(skipself=True)])


def copy(ch: Any, see: Any) -> None:
    for mode in ("share", "copy", "init"):
        layer = depthwise(ch)
        layer.name = "name"
        layer.W.grad = np.ones_like(layer.W.array)
        layer.add_persistent("items", [1])
        np.random.seed(1)
        made = layer.copy(mode=mode)
        see(f"{mode}: type and name", lambda made=made: (made, made.device))
        see(f"{mode}: parameters", lambda made=made: (made.W, made.b))
        see(f"{mode}: new objects", lambda made=made, layer=layer: made.W is layer.W)
        see(f"{mode}: shared", lambda made=made, layer=layer: bool(np.shares_memory(made.W.array, layer.W.array)))
        see(f"{mode}: gradient", lambda made=made: str(made.W.grad is not None))
        see(f"{mode}: persistents", lambda made=made, layer=layer: made.items is layer.items)
        see(f"{mode}: sets", lambda made=made, layer=layer: (made._params is layer._params, made._params))
        see(f"{mode}: attributes", lambda made=made: (made.ksize, made.stride, made.pad, made.nobias))
    see("default", lambda: bool(np.shares_memory(*(x.W.array for x in (layer, layer.copy())))))
    see("unknown mode", lambda: layer.copy("other"))
    for mode in ("share", "copy", "init"):
        later = deferred(ch)
        made = later.copy(mode)
        later.W.initialize((2, 3, 2, 2))
        see(f"{mode}: uninitialized", lambda made=made: made.W.array is not None)
        tree = _tree(ch)
        tree.name = "name"
        made = tree.copy(mode)
        see(f"{mode}: tree", lambda made=made: [(path, link.name) for path, link in made.namedlinks()])
        same = [p.array is q.array for p, q in zip(made.params(), tree.params())]
        see(f"{mode}: tree shares", lambda same=same: same)
    owner = ch.ChainList(depthwise(ch))
    owner.add_param("own", (1,))
    see("a list's own parameters are shared", lambda: owner.copy("copy").own.array is owner.own.array)
    see("and its children's are not", lambda: owner.copy("copy")[0].W.array is owner[0].W.array)


def copyparams(ch: Any, see: Any) -> None:
    source, target = depthwise(ch), ch.links.DepthwiseConvolution2D(3, 2, 2)
    target.cleargrads()
    source.W.array[...] += 1
    source.W.grad = np.ones_like(source.W.array)
    see("returns", lambda: target.copyparams(source))
    see("elements", lambda: (target.W, target.b, target.W.grad))
    see("separate", lambda: bool(np.shares_memory(target.W.array, source.W.array)))
    with ch.using_config("dtype", np.float16):
        half = ch.links.DepthwiseConvolution2D(3, 2, 2)
    see("dtype stays", lambda: (half.copyparams(source), half.W.dtype))
    see("other shape", lambda: target.copyparams(ch.links.DepthwiseConvolution2D(3, 2, 3)))
    see("source without bias", lambda: target.copyparams(depthwise(ch, nobias=True)))
    see("target without bias", lambda: depthwise(ch, nobias=True).copyparams(source))
    see("another link", lambda: target.copyparams(ch.Link()))
    later = deferred(ch)
    see("uninitialized target", lambda: (later.copyparams(source), later.W))
    see("uninitialized source", lambda: (target.copyparams(deferred(ch)), target.W.shape, target.b))
    see("both", lambda: deferred(ch).copyparams(deferred(ch)))
    for link, value in ((source, 1), (target, 2)):
        link.add_persistent("array", np.full(2, value))
        link.add_persistent("items", [value])
    array, items = target.array, target.items
    see("persistents left", lambda: (target.copyparams(source, copy_persistent=False), target.array, target.items))
    see("persistents", lambda: (target.copyparams(source), target.array, target.items))
    see("in place", lambda: (target.array is array, target.items is items, target.items is source.items))


def addgrads(ch: Any, see: Any) -> None:
    source, target = depthwise(ch), depthwise(ch)
    see("both none", lambda: (target.addgrads(source), target.W.grad))
    source.W.grad = np.ones_like(source.W.array)
    see("taken over", lambda: (target.addgrads(source), target.W.grad is source.W.grad, target.b.grad))
    target.W.grad = np.full_like(target.W.array, 2)
    see("added", lambda: (target.addgrads(source), target.W.grad, source.W.grad))
    source.W.cleargrad()
    see("none changes nothing", lambda: (target.addgrads(source), target.W.grad))
    see("uninitialized source", lambda: target.addgrads(deferred(ch)))
    cleared = deferred(ch)
    cleared.cleargrads()
    see("uninitialized, cleared source", lambda: target.addgrads(cleared))
    source.W.grad = np.ones_like(source.W.array)
    see("uninitialized, cleared target", lambda: (cleared.addgrads(source), cleared.W.shape, cleared.W.grad))
    fresh = deferred(ch)
    see("uninitialized target", lambda: (fresh.addgrads(source), bool(np.isnan(fresh.W.grad).all())))
    other = ch.links.DepthwiseConvolution2D(3, 1, 2)
    see("other shape", lambda: other.addgrads(source))
    see("another link", lambda: target.addgrads(ch.Link()))


def repeat(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    for mode in ("init", "copy", "share"):
        np.random.seed(2)
        made = layer.repeat(3, mode=mode)
        see(f"{mode}: layers", lambda made=made: (type(made).__name__, [link.name for link in made]))
        see(f"{mode}: first", lambda made=made: made[0].W)
        see(f"{mode}: last", lambda made=made: made[2].W)
        shared = [bool(np.shares_memory(link.W.array, layer.W.array)) for link in made]
        see(f"{mode}: shared", lambda shared=shared: shared)
    np.random.seed(3)
    see("default draws", lambda: [float(link.W.array.sum()) for link in layer.repeat(2)])
    see("of a chain draws twice", lambda: [float(x["a"].W.array.sum()) for x in ch.Chain(a=layer.copy()).repeat(2)])
    see("none", lambda: (len(layer.repeat(0)), len(layer.repeat(-1)), len(layer.repeat(0, "other"))))
    see("unknown mode", lambda: layer.repeat(1, "other"))
    see("deferred", lambda: [link.W.array for link in deferred(ch).repeat(2)])


def serialize(ch: Any, see: Any) -> None:
    layer = depthwise(ch)
    layer.add_persistent("count", 3)
    see("layer", lambda: _saved(ch, layer))
    see("uninitialized", lambda: _saved(ch, deferred(ch)))
    see("tree", lambda: list(_saved(ch, _tree(ch))))
    wide = {"W": np.arange(24.0).reshape(2, 3, 2, 2), "b": np.ones(6)}
    loading = ch.serializers.NpzDeserializer
    later = deferred(ch)
    see("deferred takes the shape", lambda: (loading(wide).load(later), later.W, later.b))
    see("its gradient", lambda: bool(np.isnan(later.W.grad).all()))
    array = layer.W.array
    see("in place", lambda: (loading(wide, strict=False).load(layer), layer.W.array is array, layer.W.dtype, layer.b))
    see("missing", lambda: loading({"W": wide["W"]}).load(depthwise(ch)))
    see("missing, not strict", lambda: loading({"W": wide["W"]}, strict=False).load(depthwise(ch)))
    see("other shape", lambda: loading({"W": np.ones((2, 3, 3, 3)), "b": wide["b"]}).load(depthwise(ch)))
    see("scalar", lambda: (loading({**wide, "count": np.array(7)}).load(layer), layer.count))
    see("pickle", lambda: pickle.loads(pickle.dumps(layer)).W)


def _saved(ch: Any, link: Any) -> Any:
    serializer = ch.serializers.DictionarySerializer()
    serializer.save(link)
    return dict(sorted(serializer.target.items()))
