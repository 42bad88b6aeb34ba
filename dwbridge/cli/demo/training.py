"""The demo's two trainings: the network from scratch, and the network that came back from ONNX for one epoch more."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import dwbridge.functions as F
import dwbridge.links as L
from dwbridge import optimizers
from dwbridge.configuration import no_backprop_mode, using_config
from dwbridge.datasets import TupleDataset, get_digits
from dwbridge.models import NETWORKS
from dwbridge.training import StandardUpdater, Trainer, concat_examples
from dwbridge.training.extensions import CosineShift, Evaluator, LogReport, ProgressBar
from dwbridge.training.iterators import SerialIterator

NETWORK = "digits"
BATCH = 64
ALPHA = 5e-3
FINE_TUNING_ALPHA = 5e-4  # a tenth of where training began


@dataclasses.dataclass(frozen=True)
class Training:
    """What training gave.

    Attributes:
        model: the trained network with its loss, a `Classifier`.
        log: one entry an epoch: `main/loss`, `main/accuracy`, and both for `validation/main`.
        accuracy: on the held-out part, after the last epoch.
        held_out: number of examples in that part.
        seconds: wall time.
    """

    model: L.Classifier
    log: list[dict[str, Any]]
    accuracy: float
    held_out: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class FineTuning:
    """Inference-mode loss over the training part, and accuracy on the held-out part, before and after one epoch."""

    loss_before: float
    loss_after: float
    accuracy_before: float
    accuracy_after: float
    seconds: float


def train(epochs: int, seed: int, out: Path, show_progress: bool = True) -> Training:
    """Trains the digits network from scratch: Adam, its step size falling to zero along half a cosine.

    Args:
        epochs: sweeps over the training part.
        seed: of NumPy's global state, which parameters and order of examples are drawn from.
        out: folder for the trainer.
        show_progress: whether to show a progress bar.
    """
    np.random.seed(seed)
    examples, held_out = get_digits()
    model = L.Classifier(NETWORKS[NETWORK]())
    optimizer = optimizers.Adam(ALPHA)
    optimizer.setup(model)
    updater = StandardUpdater(SerialIterator(examples, BATCH), optimizer)
    trainer = Trainer(updater, (epochs, "epoch"), out=out)
    log = LogReport(filename=None)
    steps = math.ceil(epochs * len(examples) / BATCH)
    # One batch of the whole part: a mean over smaller batches would count the last, smaller one too much.
    trainer.extend(Evaluator(SerialIterator(held_out, len(held_out), repeat=False, shuffle=False), model))
    trainer.extend(CosineShift("alpha", steps))
    trainer.extend(log)
    if show_progress:
        trainer.extend(ProgressBar())
    trainer.run()
    return Training(model, log.log, log.log[-1]["validation/main/accuracy"], len(held_out), trainer.elapsed_time)


def fine_tune(network: L.Chain, seed: int) -> FineTuning:
    """Trains a network that was loaded from ONNX for one epoch more, at a small step size.

    Args:
        network: takes images (N, 1, 8, 8), gives scores (N, 10). It is changed.
        seed: of NumPy's global state, which the order of examples is drawn from.
    """
    np.random.seed(seed)
    examples, held_out = get_digits()
    start = time.perf_counter()
    loss_before, accuracy_before = mean_loss(network, examples), accuracy(network, held_out)
    model = L.Classifier(network)
    optimizer = optimizers.Adam(FINE_TUNING_ALPHA)
    optimizer.setup(model)
    iterator = SerialIterator(examples, BATCH)
    updater = StandardUpdater(iterator, optimizer)
    while not iterator.is_new_epoch:
        updater.update()
    loss_after, accuracy_after = mean_loss(network, examples), accuracy(network, held_out)
    return FineTuning(loss_before, loss_after, accuracy_before, accuracy_after, time.perf_counter() - start)


def mean_loss(network: Callable[..., Any], examples: TupleDataset) -> float:
    """Softmax cross entropy of the network in inference mode, over all examples."""
    x, t = concat_examples(examples[:])
    return float(F.softmax_cross_entropy(scores(network, x), t).array)


def accuracy(network: Callable[..., Any], examples: TupleDataset) -> float:
    """Share of examples whose highest score is their label's, in inference mode."""
    x, t = concat_examples(examples[:])
    return float(F.accuracy(scores(network, x), t).array)


def scores(network: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    """The network's output (N, 10) in inference mode."""
    with using_config("train", False), no_backprop_mode():
        return network(x).array
