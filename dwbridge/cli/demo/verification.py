"""The demo's verification: the file, at three batch sizes of random inputs, and on real digits."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dwbridge import exporters
from dwbridge.datasets import get_digits
from dwbridge.exporters.verification.results import Verification

BATCHES = (1, 2, 7)


def verify_file(file: Path, seed: int) -> Verification:
    """Runs the ONNX file on every runtime that is here, with random inputs and seven held-out digits."""
    digits: np.ndarray = get_digits(withlabel=False)[1][: BATCHES[-1]]
    return exporters.verify(file, digits, batches=BATCHES, seed=seed)
