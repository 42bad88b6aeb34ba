// The numbers of a convolution, as every kernel gets them.

#pragma once

#include "types.cuh"

struct Window {
    int images, channels, multiplier;       // N, C, M
    int height, width;                      // of x
    int out_height, out_width;              // of y
    int kernel_height, kernel_width;
    int stride_y, stride_x;
    int top, left;                          // padding before the image
    int dilate_y, dilate_x;
};

// The taps i of an axis with 0 <= position + i step < size, as [first, last); position may be negative.
__device__ __forceinline__ void taps_inside(int position, int step, int size, int taps, int& first, int& last) {
    first = position >= 0 ? 0 : (-position + step - 1) / step;
    last = position >= size ? 0 : (size - 1 - position) / step + 1;
    if (last > taps) last = taps;
}
