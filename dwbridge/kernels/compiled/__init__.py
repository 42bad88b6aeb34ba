"""The compiled kernels: Numba, on the CPU. Same routines as `dwbridge.kernels.reference`, same results within rounding.

What they are made of:

    compiler.py         lazy compilation and its cache on disk
    vectors.py          explicit vectors in LLVM's terms, for what must not be left to its vectoriser
    arrays.py, storage.py, elements.py    arrays as kernels take them
    frames.py, cuts.py, tiles.py          planes in padded frames, cut into tiles of registers: depthwise convolution
    correlation.py, weight_gradient.py    made of these
    panels.py, products.py                tiles of matrix products: convolution
    image_products.py, weight_products.py made of these
    runs.py, rows.py, lanes.py, layers.py adjacent elements, vector by vector
    exponential.py, elementary.py         exp, tanh, erf of vectors
    normalizing.py, softmax_passes.py     the passes of normalizations and of a softmax

then one operator per file. These modules import Numba: nothing but the seam (`dwbridge.kernels`) imports them, and only
when a kernel is wanted. Every routine computes on `config.num_threads` threads and gives the same bytes for any number.
"""
