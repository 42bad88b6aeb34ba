"""Held-out digits, with what a network says about them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

import dwbridge.functions as F
from dwbridge.datasets import get_digits
from dwbridge.training import concat_examples

COUNT = 48


@dataclasses.dataclass(frozen=True)
class Sample:
    """A held-out digit and what the network says.

    Attributes:
        image: float32 (8, 8), 0 to 1.
        label: the digit it is.
        predicted: the digit with the highest score.
        probability: the softmax of that score.
    """

    image: np.ndarray
    label: int
    predicted: int
    probability: float


def digit_samples(network: Callable[..., Any], count: int = COUNT) -> list[Sample]:
    """The held-out digits that the network gets wrong, then the first that it gets right.

    Args:
        network: takes images (N, 1, 8, 8), gives scores (N, 10).
        count: how many.
    """
    from dwbridge.cli.demo.training import scores

    x, t = concat_examples(get_digits()[1][:])
    probabilities = F.softmax(scores(network, x)).array
    predicted = probabilities.argmax(axis=1)
    # A stable sort: within the wrong ones and the right ones the order stays.
    order = np.argsort(predicted == t, kind="stable")[:count]
    return [Sample(x[i, 0], int(t[i]), int(predicted[i]), float(probabilities[i].max())) for i in order]
