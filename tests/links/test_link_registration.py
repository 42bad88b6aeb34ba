"""init_scope, add_param, add_persistent, register_persistent: what a link owns, and under which names."""

import numpy as np
import pytest

from dwbridge.autograd import Parameter, Variable
from dwbridge.configuration import using_config
from dwbridge.links import Chain, Linear, Link


def names(link):
    return [path for path, _ in link.namedparams()]


class TestKeywords:
    def test_shape_and_dtype(self):
        link = Link(a=None, b=(2, 3), c=((2,), np.float64), d=3, e=(None, np.float16), f=())
        assert names(link) == ["/a", "/b", "/c", "/d", "/e", "/f"]
        assert link.a.array is None
        assert (link.b.shape, link.b.dtype) == ((2, 3), np.float32)
        assert (link.c.shape, link.c.dtype) == ((2,), np.float64)
        assert link.d.shape == (3,)
        assert (link.e.array, link.e.dtype) == (None, np.float16)
        assert link.f.shape == ()

    def test_filled_with_nan(self):
        assert np.isnan(Link(W=(2, 3)).W.array).all()


class TestInitScope:
    def test_registers_parameters_only(self):
        link = Link()
        with link.init_scope():
            link.W = Parameter(0, (2,))
            link.v = Variable(np.zeros(2, np.float32))
            link.child = Link()
        link.later = Parameter(0, (2,))
        assert names(link) == ["/W"]
        assert link.W.name == "W"

    def test_nests_and_is_restored(self):
        link = Link()
        assert not link.within_init_scope
        with link.init_scope():
            with link.init_scope():
                assert link.within_init_scope
            assert link.within_init_scope
        assert not link.within_init_scope

    def test_is_restored_after_an_exception(self):
        link = Link()
        with pytest.raises(ZeroDivisionError), link.init_scope():
            raise ZeroDivisionError
        assert not link.within_init_scope

    def test_one_parameter_under_two_names_is_counted_twice(self):
        link = Link()
        with link.init_scope():
            link.a = Parameter(0, (2,))
            link.b = link.a
        assert names(link) == ["/a", "/b"]
        assert link.a.name == "b"
        assert link.count_params() == 4

    def test_assignment_outside_keeps_the_name_registered(self):
        link = Link(W=(2,))
        link.W = replacement = Parameter(0, (5,))
        assert list(link.params()) == [replacement]

    def test_parameter_takes_the_name_of_a_persistent(self):
        link = Link()
        link.add_persistent("x", 1)
        with link.init_scope():
            link.x = Parameter(0, (2,))
        assert (link._params, link._persistent) == ({"x"}, set())


class TestWithoutInit:
    class Forgetful(Link):
        def __init__(self):
            pass

        def forward(self, x):
            return x

    def test_calls_and_scopes_are_refused(self):
        link = self.Forgetful()
        with pytest.raises(RuntimeError, match=r"Link\.__init__\(\) has not been called\."):
            link(1)
        with pytest.raises(RuntimeError, match=r"Link\.__init__\(\) has not been called\."), link.init_scope():
            pass

    def test_text_and_flag_work(self):
        assert str(self.Forgetful()) == "Forgetful()"
        assert self.Forgetful().within_init_scope is False


class TestAddParam:
    def test_is_float32_whatever_the_configuration(self):
        link = Link()
        with using_config("dtype", np.dtype(np.float16)):
            link.add_param("W", (2, 3))
            link.add_param("V", (2,), initializer=1)
        assert (link.W.dtype, link.V.dtype) == (np.float32, np.float16)

    def test_initializer_may_be_scalar_or_array(self):
        link = Link()
        link.add_param("a", (2,), initializer=3)
        link.add_param("b", initializer=np.arange(2.0))
        assert link.a.array.tolist() == [3, 3]
        assert (link.b.array.tolist(), link.b.dtype) == ([0, 1], np.float64)

    def test_without_shape_is_deferred(self):
        link = Link()
        link.add_param("W")
        assert link.W.array is None

    def test_existing_attribute_is_refused(self):
        link = Link(W=(2,))
        with pytest.raises(AttributeError, match="cannot register a new parameter W: attribute exists"):
            link.add_param("W", (2,))

    def test_class_attributes_do_not_count(self):
        class WithDefault(Link):
            W = None

        link = WithDefault()
        link.add_param("W", (2,))
        assert names(link) == ["/W"]


class TestPersistent:
    def test_add(self):
        link = Link()
        link.add_persistent("p", 3)
        assert (link.p, link._persistent) == (3, {"p"})
        with pytest.raises(AttributeError, match="cannot register a new persistent value p: attribute exists"):
            link.add_persistent("p", 4)

    def test_register(self):
        link = Link()
        link.p = 3
        link.register_persistent("p")
        assert link._persistent == {"p"}
        with pytest.raises(AttributeError, match="cannot register non-existent attribute q as a persistent value"):
            link.register_persistent("q")

    def test_registered_parameter_is_no_parameter_any_more(self):
        link = Link(W=(2,))
        link.register_persistent("W")
        assert (link._params, link._persistent, type(link.W)) == (set(), {"W"}, Parameter)


def test_deletion_unregisters():
    link = Link(W=(2,))
    link.add_persistent("p", 1)
    del link.W, link.p
    assert (link._params, link._persistent) == (set(), set())
    with pytest.raises(AttributeError):
        del link.missing


def test_deleted_child_is_unregistered():
    chain = Chain(a=Linear(1, 1), b=Linear(1, 1))
    del chain.a
    assert [child.name for child in chain.children()] == ["b"]
