// Depthwise convolution and its data gradient, one thread for an output: what no other kernel takes.
//
//     forward   y[n, c M + m, p, q] = b[c M + m]
//                                   + sum over i, j of x[n, c, p sy + i dy - top, q sx + j dx - left] W[m, c, i, j]
//     data      gx[n, c, h, w] = sum over m and over those i, j that lead to a p and a q of
//                                gy[n, c M + m, p, q] W[m, c, i, j],  p sy = h + top - i dy,  q sx = w + left - j dx
//
// Sums run over m, i, j in this order. Bounds of the taps are found before the loops; INDEX is int where every array
// has fewer than 2^31 elements, and int64 elsewhere.

#include "window.cuh"

extern "C" __global__ void __launch_bounds__(256, 2)
depthwise_any(STORED* __restrict__ y, const STORED* __restrict__ x, const STORED* __restrict__ weight,
              const STORED* __restrict__ bias, const Window window, const int64 total) {
    const INDEX taps = (INDEX)window.kernel_height * window.kernel_width;
    const INDEX step = (INDEX)gridDim.x * blockDim.x;
    for (INDEX at = (INDEX)blockIdx.x * blockDim.x + threadIdx.x; at < total; at += step) {
        const int q = at % window.out_width;
        INDEX rest = at / window.out_width;
        const int p = rest % window.out_height;
        rest /= window.out_height;  // n C M + c M + m
        const INDEX plane = rest / window.multiplier;
        const int channel = plane % window.channels, m = rest % window.multiplier;
        const int above = p * window.stride_y - window.top, before = q * window.stride_x - window.left;
        int i0, i1, j0, j1;
        taps_inside(above, window.dilate_y, window.height, window.kernel_height, i0, i1);
        taps_inside(before, window.dilate_x, window.width, window.kernel_width, j0, j1);
        const STORED* kernel = weight + ((INDEX)m * window.channels + channel) * taps;
        const STORED* image = x + plane * window.height * window.width;
        WIDE sum = bias ? widen(bias[channel * window.multiplier + m]) : (WIDE)0;
        for (int i = i0; i < i1; ++i) {
            const STORED* row = image + (INDEX)(above + i * window.dilate_y) * window.width + before;
            for (int j = j0; j < j1; ++j)
                sum += widen(row[j * window.dilate_x]) * widen(kernel[i * window.kernel_width + j]);
        }
        y[at] = narrow(sum);
    }
}

extern "C" __global__ void __launch_bounds__(256, 2)
depthwise_any_data(STORED* __restrict__ gx, const STORED* __restrict__ gy, const STORED* __restrict__ weight,
                   const STORED* __restrict__ nothing, const Window window, const int64 total) {
    const INDEX taps = (INDEX)window.kernel_height * window.kernel_width;
    const INDEX out_plane = (INDEX)window.out_height * window.out_width;
    const INDEX step = (INDEX)gridDim.x * blockDim.x;
    for (INDEX at = (INDEX)blockIdx.x * blockDim.x + threadIdx.x; at < total; at += step) {
        const int w = at % window.width;
        INDEX plane = at / window.width;
        const int h = plane % window.height;
        plane /= window.height;  // n C + c
        const int channel = plane % window.channels;
        WIDE sum = 0;
        for (int m = 0; m < window.multiplier; ++m) {
            const STORED* kernel = weight + ((INDEX)m * window.channels + channel) * taps;
            const STORED* image = gy + (plane * window.multiplier + m) * out_plane;
            for (int i = 0; i < window.kernel_height; ++i) {
                const int down = h + window.top - i * window.dilate_y;
                if (down < 0) break;
                if (down % window.stride_y || down / window.stride_y >= window.out_height) continue;
                const STORED* row = image + (INDEX)(down / window.stride_y) * window.out_width;
                for (int j = 0; j < window.kernel_width; ++j) {
                    const int right = w + window.left - j * window.dilate_x;
                    if (right < 0) break;
                    if (right % window.stride_x || right / window.stride_x >= window.out_width) continue;
                    sum += widen(row[right / window.stride_x]) * widen(kernel[i * window.kernel_width + j]);
                }
            }
        }
        gx[at] = narrow(sum);
    }
}
