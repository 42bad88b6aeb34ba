"""Hooks: when they are called, with what, and how they are added and removed."""

import threading

import numpy as np
import pytest

from dwbridge.links import Chain, Linear, Link, LinkHook

X = np.zeros((1, 2), np.float32)


class Logging(LinkHook):
    name = "Logging"

    def __init__(self, log, tag):
        self.log = log
        self.tag = tag

    def added(self, link):
        self.log.append((self.tag, "added", link))

    def deleted(self, link):
        self.log.append((self.tag, "deleted", link))

    def forward_preprocess(self, args):
        self.log.append((self.tag, "before", args.link, args.forward_name, len(args.args), dict(args.kwargs)))

    def forward_postprocess(self, args):
        self.log.append((self.tag, "after", args.link, args.out.shape))


def test_local_hook_is_called_around_forward():
    log, layer = [], Linear(2, 3)
    assert layer.add_hook(Logging(log, "h")) is layer
    layer(X, n_batch_axes=1)
    layer.delete_hook("Logging")
    layer(X)
    assert log == [
        ("h", "added", layer),
        ("h", "before", layer, "forward", 1, {"n_batch_axes": 1}),
        ("h", "after", layer, (1, 3)),
        ("h", "deleted", layer),
    ]


def test_global_hooks_come_first_and_see_every_link():
    log, layer = [], Linear(2, 3)

    class Outer(Chain):
        def forward(self, x):
            return self.layer(x)

    outer = Outer(layer=layer.add_hook(Logging(log, "local"), name="local"))
    with Logging(log, "global"):
        outer(X)
    layer(X)
    calls = [(tag, kind, link) for tag, kind, link, *_ in log if kind in ("before", "after")]
    assert calls == [
        ("global", "before", outer),
        ("global", "before", layer),
        ("local", "before", layer),
        ("global", "after", layer),
        ("local", "after", layer),
        ("global", "after", outer),
        ("local", "before", layer),
        ("local", "after", layer),
    ]
    assert ("global", "added", None) in log
    assert ("global", "deleted", None) in log


def test_local_hook_replaces_the_global_one_of_its_name():
    log, layer = [], Linear(2, 3)
    layer.add_hook(Logging(log, "local"))
    with Logging(log, "global"):
        layer(X)
    assert [entry[0] for entry in log if entry[1] in ("before", "after")] == ["local", "local"]


def test_nothing_after_a_forward_that_raises():
    log, layer = [], Linear(2, 3)
    layer.add_hook(Logging(log, "h"))
    with pytest.raises(Exception, match=r"(?i)linear"):
        layer(np.zeros((1, 5), np.float32))
    assert [entry[1] for entry in log] == ["added", "before"]


def test_names_are_unique():
    layer = Linear(2, 3).add_hook(LinkHook())
    with pytest.raises(KeyError, match="Hook LinkHook already exists"):
        layer.add_hook(LinkHook())
    layer.add_hook(LinkHook(), name="other")
    assert list(layer.local_link_hooks) == ["LinkHook", "other"]
    with LinkHook(), pytest.raises(KeyError, match="hook LinkHook already exists"), LinkHook():
        pass


def test_only_hooks_can_be_added():
    with pytest.raises(TypeError, match="Hook must be of type LinkHook, got int"):
        Link().add_hook(3)


def test_unknown_hook_cannot_be_deleted():
    with pytest.raises(KeyError, match="Hook x does not exist"):
        Link().delete_hook("x")


def test_global_hooks_are_of_their_thread():
    log, layer = [], Linear(2, 3)
    with Logging(log, "global"):
        thread = threading.Thread(target=layer, args=(X,))
        thread.start()
        thread.join()
    assert [entry[1] for entry in log] == ["added", "deleted"]


class TestWhatIsCalled:
    def test_call_of_a_mixin_wins(self):
        class Mixin:
            def __call__(self, x):
                return "mixin"

        class Both(Link, Mixin):
            def forward(self, x):
                return "forward"

        assert Both()(1) == "mixin"

    def test_forward_of_a_mixin_is_found(self):
        class Mixin:
            def forward(self, x):
                return "mixin"

        class Inherits(Chain, Mixin):
            pass

        assert Inherits()(1) == "mixin"

    def test_overridden_call(self):
        class Old(Chain):
            def __call__(self, x):
                return "call"

        assert Old()(1) == "call"
