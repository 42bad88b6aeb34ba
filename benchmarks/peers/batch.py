"""The batch that every framework trains on: random images and labels, the same in every process."""

from __future__ import annotations

import numpy as np

CLASSES = 1000


def batch(count: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 3, size, size), float32, and labels (N,), int32."""
    draw = np.random.default_rng(1)
    images = draw.standard_normal((count, 3, size, size), dtype=np.float32)
    return images, draw.integers(0, CLASSES, count).astype(np.int32)
