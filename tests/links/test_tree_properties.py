"""Properties that any nesting of links has."""

import io

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dwbridge.functions import relu
from dwbridge.links import BatchNormalization, Chain, ChainList, Linear, Sequential
from dwbridge.serializers import DictionarySerializer, load_npz, save_npz

LEAVES = st.builds(Linear, st.one_of(st.none(), st.integers(1, 3)), st.integers(1, 3), st.booleans()) | st.builds(
    BatchNormalization, st.integers(1, 3)
)
NAMES = st.text("abcxyz", min_size=1, max_size=3).filter(lambda name: not hasattr(Chain, name))


def parents(children):
    return (
        st.dictionaries(NAMES, children, max_size=3).map(lambda links: Chain(**links))
        | st.lists(children, max_size=3).map(lambda links: ChainList(*links))
        | st.lists(children | st.just(relu), max_size=4).map(lambda layers: Sequential(*layers))
    )


TREES = st.recursive(LEAVES, parents, max_leaves=6)
fixed = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def arrays_of(tree):
    target = {}
    DictionarySerializer(target).save(tree)
    return target


@fixed
@given(TREES)
def test_paths_are_unique_and_lead_to_their_parameters(tree):
    paths = [path for path, _ in tree.namedparams()]
    assert len(set(paths)) == len(paths)
    links = dict(tree.namedlinks())
    for path, param in tree.namedparams():
        parent, name = path.rsplit("/", 1)
        assert getattr(links[parent or "/"], name) is param


@fixed
@given(TREES)
def test_links_are_those_that_children_lead_to(tree):
    def walk(link):
        yield link
        for child in link.children():
            yield from walk(child)

    assert [id(link) for link in tree.links()] == [id(link) for link in walk(tree)]


@fixed
@given(TREES)
def test_copies_share_or_separate_their_arrays(tree):
    arrays = [param.array for param in tree.params()]
    shared = [param.array for param in tree.copy("share").params()]
    separate = [param.array for param in tree.copy("copy").params()]
    assert all(a is b for a, b in zip(arrays, shared, strict=True))
    assert all(a is None or a is not b for a, b in zip(arrays, separate, strict=True))
    assert arrays_of(tree.copy("copy")).keys() == arrays_of(tree).keys()


@fixed
@given(TREES)
def test_saving_and_loading_gives_back_every_byte(tree):
    file = io.BytesIO()
    save_npz(file, tree)
    expected = arrays_of(tree)
    clone = tree.copy("copy")
    for param in clone.params(include_uninit=False):
        param.array[...] = 7
    file.seek(0)
    load_npz(file, clone)
    for key, array in arrays_of(clone).items():
        assert array.tobytes() == expected[key].tobytes() or array.dtype.hasobject


@fixed
@given(TREES, st.data())
def test_failed_load_changes_nothing(tree, data):
    arrays = arrays_of(tree)
    if not arrays:
        return
    del arrays[data.draw(st.sampled_from(sorted(arrays)))]
    file = io.BytesIO()
    save_npz(
        file, {key: np.full_like(array, 9) if not array.dtype.hasobject else array for key, array in arrays.items()}
    )
    before = {key: array.tolist() for key, array in arrays_of(tree).items()}
    file.seek(0)
    try:
        load_npz(file, tree)
    except KeyError:
        assert {key: array.tolist() for key, array in arrays_of(tree).items()} == before
    else:
        raise AssertionError("a file that lacks a key was loaded")
