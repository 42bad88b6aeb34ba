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
    int flip;                               // 1: taps are read backwards, which makes the data gradient of stride 1
};

// The taps i of an axis with 0 <= position + i step < size, as [first, last); position may be negative.
__device__ __forceinline__ void taps_inside(int position, int step, int size, int taps, int& first, int& last) {
    first = position >= 0 ? 0 : (-position + step - 1) / step;
    last = position >= size ? 0 : (size - 1 - position) / step + 1;
    if (last > taps) last = taps;
}

// Where the taps of a kernel begin, and how far the next one is. Without a branch, of which both sides would be compiled.
__device__ __forceinline__ const STORED* first_tap(const STORED* kernel, const Window& window) {
    return kernel + window.flip * (window.kernel_height * window.kernel_width - 1);
}

__device__ __forceinline__ int next_tap(const Window& window) { return 1 - 2 * window.flip; }
