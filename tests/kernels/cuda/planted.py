"""Sources with a fault planted, and whether it shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from simulated_gpu import SimulatedGpu

from dwbridge.kernels.cuda.sources import Instance

#: Orders of threads, of blocks and of warps.
ORDERS = (0, 1, 7)


def is_seen(
    plant: Callable[[str], str],
    computed: Callable[[SimulatedGpu], tuple[np.ndarray, np.ndarray]],
    libraries: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> bool:
    """Whether what is computed, by sources as `plant` leaves them, is not what it should be in some order of threads.

    Args:
        plant: takes the text of a source, and returns it with the fault.
        computed: returns what comes out on a simulated GPU, and what should.
        libraries: where compiled sources are kept.
        monkeypatch: pytest's.
    """
    honest, seen = Instance.text, False
    monkeypatch.setattr(Instance, "text", lambda instance: plant(honest(instance)))
    for order in ORDERS:
        gpu = SimulatedGpu(libraries, order)
        with gpu.installed():
            try:
                seen |= not np.array_equal(*computed(gpu))
            except RuntimeError:
                seen = True
    return seen
