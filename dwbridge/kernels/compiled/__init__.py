"""The compiled kernels: Numba, on the CPU. Same routines as `dwbridge.kernels.reference`, same results within rounding.

    compiler.py     lazy compilation and its cache on disk
    vectors.py      explicit vectors in LLVM's terms, for what must not be left to its vectoriser
    storage.py      arrays as kernels take them
    runs.py         adjacent elements, vector by vector; sums by lanes
    exponential.py  exp of a vector
    normalizing.py  the passes of batch normalization
    softmax_passes.py  those of a softmax

then one operator per file. These modules import Numba: nothing but the seam (`dwbridge.kernels`) imports them, and only
when a kernel is wanted. Every routine computes on `config.num_threads` threads and gives the same bytes for any number.
"""
