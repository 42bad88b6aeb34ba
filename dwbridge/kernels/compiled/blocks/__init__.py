"""Blocks: depthwise convolution with channels in the lanes of vectors.

A block is as many planes as a vector has lanes, of neighbouring channels of one image; transposed, each of its pixels
is a vector. What a tap does to it is one multiply-add with a vector of weights: no ragged edges, whatever the width of
the image, no shuffles, whatever the stride, and a weight gradient whose lanes need not be added up.

    transposition    planes to blocks and back
    rows             rows of outputs: sums of pixels times weights
    sums             weight gradients: sums of pixels times pixels
    correlation      forward and data gradient, as tables that say which rows and taps
    weight_gradient  the same for the weight gradient

A call's last block may have fewer channels than lanes: the lanes that are left over repeat its last channel.
"""
