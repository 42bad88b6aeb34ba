"""Launches of any.cuh: a thread for an output. Every convolution is one of theirs."""

from __future__ import annotations

import numpy as np

from dwbridge.kernels.cuda.plan.problem import Launch, Problem
from dwbridge.kernels.cuda.sources import Instance

#: Threads of a block, and the most blocks: beyond them, threads take several outputs.
THREADS, BLOCKS = 256, 1 << 16


def one_by_one(problem: Problem, kernel: str, total: int) -> Launch:
    blocks = min(-(-total // THREADS), BLOCKS)
    furthest = max(problem.inputs, problem.outputs) + THREADS * BLOCKS
    instance = Instance.of("any", problem.dtype, INDEX="int" if furthest < 2**31 else "int64")
    return Launch(instance, kernel, (blocks, 1, 1), THREADS, (problem.argument(), np.int64(total)))
