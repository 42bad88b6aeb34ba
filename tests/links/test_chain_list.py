"""ChainList: a mutable sequence of children that renames them."""

import pytest

from dwbridge.links import ChainList, Linear


def three():
    return [Linear(1, size) for size in (1, 2, 3)]


def sizes(links):
    assert [link.name for link in links] == [str(i) for i in range(len(links))]
    return [link.out_size for link in links]


def test_sequence():
    a, b, c = three()
    links = ChainList(a, b, c)
    assert (len(links), list(links), links[-1], links[1:]) == (3, [a, b, c], c, [b, c])
    assert b in links
    assert links.index(c) == 2


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (lambda links: links.append(Linear(1, 9)), [1, 2, 3, 9]),
        (lambda links: links.add_link(Linear(1, 9)), [1, 2, 3, 9]),
        (lambda links: links.insert(1, Linear(1, 9)), [1, 9, 2, 3]),
        (lambda links: links.insert(-1, Linear(1, 9)), [1, 2, 9, 3]),
        (lambda links: links.extend([Linear(1, 8), Linear(1, 9)]), [1, 2, 3, 8, 9]),
        (lambda links: links.pop(), [1, 2]),
        (lambda links: links.pop(0), [2, 3]),
        (lambda links: links.remove(links[1]), [1, 3]),
        (lambda links: links.reverse(), [3, 2, 1]),
        (lambda links: links.__delitem__(slice(0, 2)), [3]),
        (lambda links: links.__setitem__(0, Linear(1, 9)), [9, 2, 3]),
        (lambda links: links.__setitem__(slice(1, 3), [Linear(1, 7), Linear(1, 8), Linear(1, 9)]), [1, 7, 8, 9]),
        (lambda links: links.clear(), []),
    ],
)
def test_changes_rename(change, after):
    links = ChainList(*three())
    change(links)
    assert sizes(links) == after


def test_index_of_another_type():
    links = ChainList(*three())
    with pytest.raises(TypeError, match="ChainList indices must be integers or slices, not str"):
        links["a"] = Linear(1, 1)


def test_links_are_not_assigned_in_a_scope():
    links = ChainList()
    with pytest.raises(TypeError, match="cannot register a new link within"), links.init_scope():
        links.a = Linear(1, 1)


def test_own_parameters_may_be():
    links = ChainList(Linear(1, 1))
    links.add_param("W", (2,))
    assert [path for path, _ in links.namedparams()] == ["/W", "/0/W", "/0/b"]
