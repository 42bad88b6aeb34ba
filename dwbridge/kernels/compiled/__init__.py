"""The compiled kernels: Numba, on the CPU. Same routines as `dwbridge.kernels.reference`, same results within rounding.

One file an operator. What they share:

    compiler.py     lazy compilation and its cache on disk
    arrays.py       arrays as kernels take them
    vectors/        explicit vectors, elementary functions, runs of adjacent elements
    blocks/         depthwise convolution: planes transposed, with channels in the lanes of vectors
    products/       convolution: matrix products in registers, and the panels that feed them
    passes/         the passes of normalizations and of a softmax

These modules import Numba: nothing but the seam (`dwbridge.kernels`) imports them, and only when a kernel is wanted.
Every routine computes on `config.num_threads` threads and gives the same bytes for any number.
"""

import numba  # noqa: F401  (first of all, so that where it is missing, the error names it and not a part of it)
