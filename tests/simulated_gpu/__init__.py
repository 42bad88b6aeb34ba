"""A GPU that is the CPU: a stand-in for CuPy whose kernels are the real sources, compiled by g++.

    host.h      CUDA for g++: types, mathematics, and calls of the scheduler
    scheduler   a fiber for each thread, barriers and shuffles that are strict
    sources     CUDA sources compiled behind it, and their kernels launched
    guards      what kernels are given: memory between margins
    cublas      products of matrices, by address
    array       CuPy's ndarray; like the real one it never mixes with NumPy's unasked
    library     the module `cupy`: what this project calls of it

It shows which kernels run, with what, and that what they compute is right in any order of threads. Of speed, and of
what only a GPU does, it shows nothing.
"""

from simulated_gpu.library import SimulatedGpu

__all__ = ["SimulatedGpu"]
