"""The reference kernels: NumPy, one statement per tap.

Bilinear operators (depthwise, convolution, linear), for y = A(x, W) + b:

    forward(x, W, b, window) -> y                              b may be None
    backward_data(gy, W, window, x_shape) -> gx                gradient of <gy, A(x, W)> by x
    backward_weight(x, gy, window, W_shape, dtype) -> gW       gradient of <gy, A(x, W)> by W
    backward(x, W, gy, window) -> gx, gW, gb                   depthwise only: all of them, gb with the sum of gy

Poolings, normalizations and losses have `forward` and `backward`, activations a routine and a gradient each; their
modules say more. Outputs have the dtype of x (of gy); 16-bit types are summed in float32. All sums are formed in an
order that shapes alone decide.
"""
