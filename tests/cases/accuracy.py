"""The share of labels that the largest score names; ignored labels do not count, and with none left it is 0."""

from typing import Any

from cases import Case, Input, case, distinct, labels


def _accuracy(name: str, *inputs: Input, **keywords: Any) -> Case:
    return case(
        name,
        *inputs,
        no_gradient="it counts: its derivative is zero wherever there is one",
        no_export="a measure of a network, not a part of one",
        **keywords,
    )


CASES = (
    _accuracy("2d", distinct(8, 3), labels(8, classes=3)),
    _accuracy("4d", distinct(2, 3, 2, 3), labels(2, 2, 3, classes=3)),
    _accuracy("trailing-ones", distinct(6, 3, 1, 1), labels(6, classes=3)),
    _accuracy("one-class", distinct(4, 1), labels(4, classes=1)),
    _accuracy("ignore", distinct(8, 3), labels(8, classes=3, ignore=True), ignore_label=-1),
    _accuracy("ignores-class-1", distinct(9, 3), labels(9, classes=3), ignore_label=1),
    _accuracy("minus-1-is-wrong", distinct(8, 3), labels(8, classes=3, ignore=True)),
    _accuracy("all-ignored", distinct(3, 3), labels(3, classes=0, ignore=True), ignore_label=-1),
    _accuracy("strided", distinct(8, 3, layout="strided"), labels(8, classes=3)),
)
