// A thread for every place of many planes: every output, or every pixel.
//
// Planes go in batches, blockIdx.y, each of fewer than 2^31 places: indices are divided in 32 bits, and only where a
// batch begins is a number of 64.

#pragma once

#include "window.cuh"

struct Place {
    bool exists;
    int64 plane, at;  // at: the place, counted over all planes
    int row, column;
};

__device__ __forceinline__ Place place_of(const Window& window, int batch, int height, int width) {
    const int64 first = (int64)blockIdx.y * batch, left = (int64)window.images * window.channels - first;
    const int here = left < batch ? left : batch, at = blockIdx.x * blockDim.x + threadIdx.x;
    const int line = at / width, plane = line / height;
    return {plane < here, first + plane, first * height * width + at, line % height, at % width};
}
