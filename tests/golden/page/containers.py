"""Rows about links with children: Chain, ChainList, Sequential."""

from typing import Any

import numpy as np
from golden.page.observing import depthwise


def chain(ch: Any, see: Any) -> None:
    def assign(owner: Any, name: str, value: Any) -> Any:
        with owner.init_scope():
            setattr(owner, name, value)
        return owner.children()

    net = ch.Chain(z=depthwise(ch), a=depthwise(ch))
    see("order", lambda: net.children())
    see("by name", lambda: net["z"] is net.z)
    see("unknown name", lambda: net["y"])
    see("add_link", lambda: (net.add_link("m", ch.Link()), net.children()))
    see("add_link: existing", lambda: net.add_link("m", ch.Link()))
    see("add_link: no link", lambda: net.add_link("n", 3))
    see("constructor: no link", lambda: ch.Chain(a=3))
    see("assigned", lambda: assign(net, "s", ch.Link()))
    see("assigned: existing", lambda: assign(net, "s", ch.Link()))
    see("assigned: a parameter", lambda: (assign(net, "p", ch.Parameter(1, (1,))), net._params))
    see("assigned outside", lambda: (setattr(net, "o", ch.Link()), net.children()))
    see("replaced outside", lambda: (setattr(net, "s", depthwise(ch)), [type(x).__name__ for x in net.children()]))
    see("deleted", lambda: (delattr(net, "s"), net._children))
    see("forward", lambda: ch.Chain()())


def chain_list(ch: Any, see: Any) -> None:
    def names(items: Any) -> Any:
        return [(link.name, type(link).__name__) for link in items]

    net = ch.ChainList(depthwise(ch), ch.Link())
    see("names", lambda: names(net))
    see("append", lambda: (net.append(ch.Chain()), names(net)))
    see("add_link", lambda: (net.add_link(ch.ChainList()), names(net)))
    see("insert", lambda: (net.insert(1, ch.Chain()), names(net)))
    see("insert beyond", lambda: (net.insert(99, ch.Link()), names(net)))
    see("pop", lambda: (type(net.pop(0)).__name__, names(net)))
    see("delete", lambda: (net.__delitem__(-1), names(net)))
    see("delete a slice", lambda: (net.__delitem__(slice(0, 1)), names(net)))
    see("assign", lambda: (net.__setitem__(0, depthwise(ch)), names(net)))
    see("assign a slice", lambda: (net.__setitem__(slice(0, 1), [ch.Link(), ch.Chain()]), names(net)))
    see("slice", lambda: names(net[1:]))
    see("reversed", lambda: names(reversed(net)))
    see("length", lambda: len(net))
    see("extend", lambda: (net.extend([ch.Link()]), names(net)))
    see("remove", lambda: (net.remove(net[0]), names(net)))
    see("clear", lambda: (net.clear(), len(net)))
    see("index of another type", lambda: net["a"])
    see("assign at another type", lambda: net.__setitem__("a", ch.Link()))
    see("out of range", lambda: net[0])
    see("paths", lambda: [path for path, _ in ch.ChainList(ch.ChainList(depthwise(ch))).namedparams()])

    def assign() -> None:
        with net.init_scope():
            net.child = ch.Link()

    see("assigned in scope", assign)


def sequential(ch: Any, see: Any) -> None:
    S, relu = ch.Sequential, ch.functions.relu

    def layers(count: int) -> list[Any]:
        return [ch.links.Linear(2, 2) for _ in range(count)]

    def row(net: Any) -> Any:
        return [getattr(layer, "name", None) or getattr(layer, "__name__", None) for layer in net]

    for count in range(6):
        see(f"names of {count}", lambda count=count: row(S(*layers(count))))
        see(f"children of {count}", lambda count=count: [link.name for link in S(*layers(count)).children()])
        see(f"names of {count} after relu", lambda count=count: row(S(relu, *layers(count))))
        see(
            f"names of {count} with relu between",
            lambda count=count: row(S(*[z for y in layers(count) for z in (y, relu)])),
        )
    see("repeated", lambda: row(ch.links.Linear(2, 2).repeat(5)))
    net = S(*layers(2), relu)
    see("insert", lambda: (net.insert(1, ch.links.Linear(2, 2)), row(net)))
    see("insert out of range", lambda: net.insert(9, relu))
    see("insert something", lambda: net.insert(0, 3))
    see("set", lambda: (net.__setitem__(0, ch.links.Linear(2, 2)), row(net)))
    see("set beyond", lambda: net.__setitem__(9, relu))
    see("delete", lambda: (net.__delitem__(0), row(net)))
    see("pop", lambda: (net.pop() is relu, row(net)))
    see("append", lambda: (net.append(relu), row(net)))
    see("extend", lambda: (net.extend([relu, ch.links.Linear(2, 2)]), row(net)))
    see("remove", lambda: (net.remove(relu), row(net)))
    see("remove what is not there", lambda: net.remove(print))
    see("count and index", lambda: (net.count(relu), net.index(relu)))
    see("add", lambda: row(net + S(relu)))
    see("add something", lambda: net.__add__([relu]))
    see("add in place", lambda: row(net.__iadd__(S(relu))))
    see("by type", lambda: (net.count_by_layer_type("Linear"), net.count_by_layer_type("relu")))
    see("remove by type", lambda: (net.remove_by_layer_type("relu"), row(net)))
    nested = S(S(*layers(2)), relu, S(S(*layers(1)), relu))
    see("flatten", lambda: row(nested.flatten()))
    see("flatten leaves it", lambda: (len(nested), [path for path, _ in nested.namedparams()]))
    see("clear", lambda: (net.clear(), row(net)))
    see("empty call", lambda: S()(1))
    see("no callable", lambda: S(3))
    see("tuples become arguments", lambda: S(lambda x: (x, x + 1), lambda a, b: a * b)(np.full(1, 3)))
    see("copyparams of another", lambda: S(*layers(1)).copyparams(ch.ChainList(*layers(1))))

    class Mine(S):
        pass

    see(
        "copy of a subclass", lambda: [type(Mine(*layers(1)).copy(mode)).__name__ for mode in ("share", "copy", "init")]
    )
    see("copy keeps the row", lambda: row(S(relu, *layers(3)).copy("copy")))
