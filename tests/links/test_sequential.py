"""Sequential: computation, a sequence of layers, and Chainer's names of children."""

import pickle

import numpy as np
import pytest

from dwbridge.functions import flatten, relu
from dwbridge.links import Linear, Sequential


def linears(count):
    return [Linear(2, 2) for _ in range(count)]


def child_names(layers):
    """The children's names, in the order of the layers."""
    return "".join(layer.name for layer in layers if isinstance(layer, Linear))


class TestNames:
    """Observed with Chainer 7.8.1; snapshots depend on them."""

    @pytest.mark.parametrize(("count", "names"), [(1, "0"), (2, "01"), (3, "021"), (4, "0321"), (5, "04321")])
    def test_links_only(self, count, names):
        assert child_names(Sequential(*linears(count))) == names

    @pytest.mark.parametrize(("count", "names"), [(1, "0"), (2, "01"), (3, "012"), (4, "0132"), (5, "01432")])
    def test_after_a_function(self, count, names):
        assert child_names(Sequential(relu, *linears(count))) == names

    def test_functions_between_do_not_count(self):
        a, b, c, d = linears(4)
        assert child_names(Sequential(a, relu, b, relu, c, relu, d)) == "0321"

    def test_inserted_at_the_front(self):
        layers = Sequential(*linears(3))
        layers.insert(0, Linear(2, 2))
        assert child_names(layers) == "0132"

    def test_deletion_renames(self):
        layers = Sequential(*linears(4))
        del layers[1]
        assert child_names(layers) == "021"

    def test_clear_leaves_every_second_child(self):
        layers = Sequential(*linears(5))
        children = list(layers.children())
        layers.clear()
        assert len(layers) == 0
        assert list(layers.children()) == children[1::2]


class TestForward:
    def test_feeds_each_layer_with_the_one_before(self):
        x = np.ones((3, 2), np.float32)
        first, second = linears(2)
        np.testing.assert_array_equal(Sequential(first, relu, second)(x).array, second(relu(first(x))).array)

    def test_tuples_become_arguments(self):
        assert Sequential(lambda x: (x, x + 1), lambda a, b: a * b)(3) == 12

    def test_empty(self):
        with pytest.raises(RuntimeError, match=r"Sequential does not have any layer\."):
            Sequential()(1)


class TestSequence:
    def test_reads(self):
        a, b = linears(2)
        layers = Sequential(a, relu, b)
        assert (len(layers), list(layers), layers[1], layers[-1], layers[:2]) == (3, [a, relu, b], relu, b, [a, relu])
        assert list(reversed(layers)) == [b, relu, a]
        assert relu in layers
        assert (layers.index(relu), layers.count(relu)) == (1, 1)

    def test_assignment(self):
        layers = Sequential(*linears(2))
        layers[0] = relu
        assert layers[0] is relu
        assert len(list(layers.children())) == 1

    def test_assignment_of_the_same_layer_changes_nothing(self):
        layers = Sequential(*linears(4))
        layers[1] = layers[1]
        assert child_names(layers) == "0321"

    def test_pop_remove_extend(self):
        a, b = linears(2)
        layers = Sequential(a, relu)
        layers.extend([b, relu])
        assert layers.pop() is relu
        layers.remove(relu)
        assert list(layers) == [a, b]

    def test_sum(self):
        a, b = linears(2)
        first, second = Sequential(a), Sequential(relu, b)
        assert list(first + second) == [a, relu, b]
        first += second
        assert list(first) == [a, relu, b]
        first += first
        assert len(first) == 6

    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            (lambda s: s.append(3), ValueError, "given 3 is not callable"),
            (lambda s: s.insert(9, relu), IndexError, "Index out of range: 9"),
            (lambda s: s.insert(-9, relu), IndexError, "Index out of range: -9"),
            (lambda s: s.__setitem__(9, relu), ValueError, "9 should be less than 2"),
            (lambda s: s.__setitem__(0, 3), ValueError, "given 3 is not callable"),
            (lambda s: s.remove(relu), ValueError, "There is no layer object that is same as"),
            (lambda s: s + [relu], ValueError, r"add \(\+\) operator supports only objects of Sequential"),  # noqa: RUF005
            (lambda s: s.__iadd__([relu]), ValueError, r"add \(\+\) operator supports only objects of Sequential"),
        ],
    )
    def test_errors(self, change, error, message):
        layers = Sequential(*linears(2))
        with pytest.raises(error, match=message):
            change(layers)
        assert len(layers) == 2

    def test_wrong_layer_of_the_constructor(self):
        with pytest.raises(ValueError, match="given 3 is not callable"):
            Sequential(3)


class TestByType:
    def test_count_and_remove(self):
        layers = Sequential(Linear(2, 2), relu, Linear(2, 2), relu, flatten)
        assert (layers.count_by_layer_type("Linear"), layers.count_by_layer_type("relu")) == (2, 2)
        layers.remove_by_layer_type("relu")
        assert layers.count_by_layer_type("relu") == 0
        layers.remove_by_layer_type("Linear")
        assert list(layers) == [flatten]

    def test_flatten(self):
        a, b, c = linears(3)
        assert list(Sequential(a, Sequential(relu, Sequential(b)), c).flatten()) == [a, relu, b, c]


class TestCopying:
    def test_copy_is_a_plain_sequential(self):
        class Named(Sequential):
            pass

        layers = Named(relu, *linears(1))
        layers.add_param("own", (2,))
        clone = layers.copy()
        assert type(clone) is Sequential
        assert [path for path, _ in clone.namedparams()] == ["/0/W", "/0/b"]
        assert clone[1].W.array is layers[1].W.array

    def test_pickle(self):
        layers = pickle.loads(pickle.dumps(Sequential(Linear(2, 2), relu)))
        assert layers[1] is relu

    def test_lambdas_are_not_pickled(self):
        with pytest.raises(ValueError, match=r"use functools\.partial"):
            pickle.dumps(Sequential(lambda x: x))


def test_text_shows_functions_and_sources_of_lambdas():
    layers = Sequential(Linear(1, 2), relu)
    layers.append(lambda x: x + 1)
    text = str(layers).splitlines()
    assert text[:2] == ["Sequential(", "  (0): Linear(in_size=1, out_size=2, nobias=False),"]
    assert text[2].startswith("  (1): <function relu at ")
    assert text[3] == "  (2): layers.append(lambda x: x + 1),"
