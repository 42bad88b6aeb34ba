"""What the PTX manual says of mma.m16n8k16 and 16 bits: row and column of element i of every lane.

Those of m16n8k8 are the first four of A, and the first two of B.
"""

import numpy as np

LANE = np.arange(32)
#: groupID and threadID of lanes
G, T = LANE // 4, LANE % 4


def of_a(i: int) -> tuple[np.ndarray, np.ndarray]:
    return G + i // 2 % 2 * 8, 2 * T + i % 2 + i // 4 * 8


def of_b(i: int) -> tuple[np.ndarray, np.ndarray]:
    return 2 * T + i % 2 + i // 2 * 8, G


def of_d(i: int) -> tuple[np.ndarray, np.ndarray]:
    return G + i // 2 * 8, 2 * T + i % 2
