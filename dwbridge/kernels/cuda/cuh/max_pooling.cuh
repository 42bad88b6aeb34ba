// Max pooling, its gradient, and the pixels that won read from another image: a thread for an output, or for a pixel.
//
//     forward   y[n, c, p, q]    = max over i, j of x[n, c, p sy + i dy - top, q sx + j dx - left]
//               taps[n, c, p, q] = i kW + j of the first i, j that has it
//     backward  gx[n, c, h, w]   = sum of gy[n, c, p, q] over those windows whose taps[n, c, p, q] is this pixel
//     gather    y[n, c, p, q]    = x at taps[n, c, p, q]; 0 outside the image
//
// What is outside the image never wins: where nothing does, y is minus infinity and the tap is 0. A NaN wins, and stays.
// A pixel asks the windows that read it, in the order of their taps there: no atomics.
//
// Defines: KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE_Y, STRIDE_X, DILATE_Y, DILATE_X, as numbers or as those of `window`.

#include "places.cuh"

#define REACH_Y ((KERNEL_HEIGHT - 1) * DILATE_Y)
#define REACH_X ((KERNEL_WIDTH - 1) * DILATE_X)

extern "C" __global__ void __launch_bounds__(256, 2)
max_pooling(STORED* __restrict__ y, int* __restrict__ taps, const STORED* __restrict__ x, const Window window,
            const int batch) {
    const Place out = place_of(window, batch, window.out_height, window.out_width);
    if (!out.exists) return;
    const STORED* image = x + out.plane * window.height * window.width;
    const int above = out.row * STRIDE_Y - window.top, before = out.column * STRIDE_X - window.left;
    const WIDE nothing = -1 / (WIDE)0;
    WIDE best = nothing;
    int winner = 0;
#pragma unroll
    for (int i = 0; i < KERNEL_HEIGHT; ++i) {
        const int h = above + i * DILATE_Y;
#pragma unroll
        for (int j = 0; j < KERNEL_WIDTH; ++j) {
            const int w = before + j * DILATE_X;
            const bool inside = h >= 0 && h < window.height && w >= 0 && w < window.width;
            const WIDE value = inside ? widen(image[h * window.width + w]) : nothing;
            if (!(value <= best) && best == best) {  // not `value > best`: a NaN wins
                best = value;
                winner = i * KERNEL_WIDTH + j;
            }
        }
    }
    y[out.at] = narrow(best);
    taps[out.at] = winner;
}

extern "C" __global__ void __launch_bounds__(256, 2)
max_pooling_gradient(STORED* __restrict__ gx, const STORED* __restrict__ gy, const int* __restrict__ taps,
                     const Window window, const int batch) {
    const Place pixel = place_of(window, batch, window.height, window.width);
    if (!pixel.exists) return;
    const int64 first = pixel.plane * window.out_height * window.out_width;
    const int down = pixel.row + window.top, right = pixel.column + window.left;  // in the padded image
    WIDE sum = 0;
#pragma unroll
    for (int a = 0; a <= REACH_Y / STRIDE_Y; ++a) {
        const int p = down / STRIDE_Y - a, below = down - p * STRIDE_Y;  // rows from where window p begins to here
        if (p < 0 || p >= window.out_height || below > REACH_Y || below % DILATE_Y) continue;
#pragma unroll
        for (int b = 0; b <= REACH_X / STRIDE_X; ++b) {
            const int q = right / STRIDE_X - b, beyond = right - q * STRIDE_X;
            if (q < 0 || q >= window.out_width || beyond > REACH_X || beyond % DILATE_X) continue;
            const int64 at = first + p * window.out_width + q;
            if (taps[at] == below / DILATE_Y * KERNEL_WIDTH + beyond / DILATE_X) sum += widen(gy[at]);
        }
    }
    gx[pixel.at] = narrow(sum);
}

extern "C" __global__ void __launch_bounds__(256, 2)
max_pooling_gather(STORED* __restrict__ y, const STORED* __restrict__ x, const int* __restrict__ taps,
                   const Window window, const int batch) {
    const Place out = place_of(window, batch, window.out_height, window.out_width);
    if (!out.exists) return;
    const int tap = taps[out.at];
    const int h = out.row * STRIDE_Y - window.top + tap / KERNEL_WIDTH * DILATE_Y;
    const int w = out.column * STRIDE_X - window.left + tap % KERNEL_WIDTH * DILATE_X;
    const bool is_tap = tap >= 0 && tap < KERNEL_HEIGHT * KERNEL_WIDTH;
    const bool inside = is_tap && h >= 0 && h < window.height && w >= 0 && w < window.width;
    y[out.at] = inside ? x[(out.plane * window.height + h) * window.width + w] : narrow(0);
}
