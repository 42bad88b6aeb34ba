"""Depthwise convolution: planes of images, each with windows of its own.

frames.py           padded copies of planes, laid out for the stride
cuts.py, tiles.py   planes cut into tiles, and a tile's sums in registers
correlation.py      the forward pass and the gradient of x, made of these
weight_gradient.py  the gradient of W and b
"""
