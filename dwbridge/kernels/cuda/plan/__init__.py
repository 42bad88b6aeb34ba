"""Which kernels compute what, and with which launches. Pure Python: no GPU, no CuPy.

A plan follows from shapes, dtype and alignment alone, so the bits of a result do not depend on the device.

    launches      a launch, and the limits of launches
    depthwise/    depthwise convolution
    dense         convolution in groups, as products of matrices
    elements      a thread for an element, or for a pack of them
    channels      sums of channels, and passes over all packs with their channel
    windows       a thread for an output of a window, or for a pixel
    whole_planes  a warp or a block for a map
    levels, sums  sums over axes
"""
