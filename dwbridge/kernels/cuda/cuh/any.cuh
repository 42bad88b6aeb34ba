// Depthwise convolution and its data gradient, one thread for an output: what no other kernel takes.
//
//     forward   y[n, c M + m, p, q] = b[c M + m]
//                                   + sum over i, j of x[n, c, p sy + i dy - top, q sx + j dx - left] W[m, c, i, j]
//     data      gx[n, c, h, w] = sum over m and over those i, j that lead to a p and a q of
//                                gy[n, c M + m, p, q] W[m, c, i, j],  p sy = h + top - i dy,  q sx = w + left - j dx
//
// Sums run over m, i, j in this order; bounds of the taps are found before the loops. Row y of the grid has RUN planes,
// which are fewer than 2^31 outputs: division is in 32 bits, where it needs no call, and only addresses are in 64.

#include "window.cuh"

extern "C" __global__ void __launch_bounds__(256, 2)
depthwise_any(STORED* __restrict__ y, const STORED* __restrict__ x, const STORED* __restrict__ weight,
              const STORED* __restrict__ bias, const Window window, const int planes, const int run) {
    const int taps = window.kernel_height * window.kernel_width;
    const int64 pixels = (int64)window.height * window.width;
    const int first = blockIdx.y * run, total = min(run, planes - first) * window.out_height * window.out_width;
    STORED* result = y + (int64)first * window.out_height * window.out_width;
    for (int at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
        const int q = at % window.out_width, row = at / window.out_width, p = row % window.out_height;
        const int out_plane = first + row / window.out_height;  // n C M + c M + m
        const int plane = out_plane / window.multiplier, m = out_plane % window.multiplier;
        const int channel = plane % window.channels;
        const int above = p * window.stride_y - window.top, before = q * window.stride_x - window.left;
        int i0, i1, j0, j1;
        taps_inside(above, window.dilate_y, window.height, window.kernel_height, i0, i1);
        taps_inside(before, window.dilate_x, window.width, window.kernel_width, j0, j1);
        const STORED* kernel = weight + ((int64)m * window.channels + channel) * taps;
        const STORED* image = x + plane * pixels;
        WIDE sum = bias ? widen(bias[channel * window.multiplier + m]) : (WIDE)0;
        for (int i = i0; i < i1; ++i) {
            const STORED* line = image + (int64)(above + i * window.dilate_y) * window.width;
            for (int j = j0; j < j1; ++j)
                sum += widen(line[before + j * window.dilate_x]) * widen(kernel[i * window.kernel_width + j]);
        }
        result[at] = narrow(sum);
    }
}

extern "C" __global__ void __launch_bounds__(256, 2)
depthwise_any_data(STORED* __restrict__ gx, const STORED* __restrict__ gy, const STORED* __restrict__ weight,
                   const STORED* __restrict__ nothing, const Window window, const int planes, const int run) {
    const int taps = window.kernel_height * window.kernel_width;
    const int64 pixels = (int64)window.out_height * window.out_width;
    const int first = blockIdx.y * run, total = min(run, planes - first) * window.height * window.width;
    STORED* result = gx + (int64)first * window.height * window.width;
    for (int at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
        const int w = at % window.width, row = at / window.width, h = row % window.height;
        const int plane = first + row / window.height;  // n C + c
        const int channel = plane % window.channels;
        WIDE sum = 0;
        for (int m = 0; m < window.multiplier; ++m) {
            const STORED* kernel = weight + ((int64)m * window.channels + channel) * taps;
            const STORED* image = gy + ((int64)plane * window.multiplier + m) * pixels;
            for (int i = 0; i < window.kernel_height; ++i) {
                const int down = h + window.top - i * window.dilate_y;
                if (down < 0) break;
                if (down % window.stride_y || down / window.stride_y >= window.out_height) continue;
                const STORED* line = image + (int64)(down / window.stride_y) * window.out_width;
                for (int j = 0; j < window.kernel_width; ++j) {
                    const int right = w + window.left - j * window.dilate_x;
                    if (right < 0) break;
                    if (right % window.stride_x || right / window.stride_x >= window.out_width) continue;
                    sum += widen(line[right / window.stride_x]) * widen(kernel[i * window.kernel_width + j]);
                }
            }
        }
        result[at] = narrow(sum);
    }
}
