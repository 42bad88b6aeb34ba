// Gradients of the kernels and the bias, in two stages of a fixed order: no atomics, the same bits in every run.
//
//     gW[m, c, i, j] = sum over n, p, q of x[n, c, p sy + i dy - top, q sx + j dx - left] gy[n, c M + m, p, q]
//     gb[c M + m]    = sum over n, p, q of gy[n, c M + m, p, q]
//
// First stage: block (c M + m, slice, group of TAPS taps). A thread sums over the outputs threadIdx.x, + blockDim.x, ...
// of its slice of n p q, for TAPS taps in registers; warps are added by shuffles, then across shared memory, to
// partial[slice][c M + m][tap], of WIDE; behind the last tap stands the sum of gy. Second stage: slices, in their order.

#include "window.cuh"

#define WARPS (THREADS / 32)

extern "C" __global__ void __launch_bounds__(THREADS, 2)
depthwise_weight_partial(WIDE* __restrict__ partial, const STORED* __restrict__ x, const STORED* __restrict__ gy,
                         const Window window, const int64 slice_length) {
    __shared__ WIDE warps[WARPS][TAPS];
    const int taps = window.kernel_height * window.kernel_width, first = blockIdx.z * TAPS;
    const int out_channel = blockIdx.x, channel = out_channel / window.multiplier;
    const int out_channels = window.channels * window.multiplier;
    const int64 pixels = (int64)window.out_height * window.out_width;
    const int64 begin = blockIdx.y * slice_length;
    int64 end = begin + slice_length;
    if (end > window.images * pixels) end = window.images * pixels;

    WIDE sums[TAPS];
#pragma unroll
    for (int k = 0; k < TAPS; ++k) sums[k] = 0;
    for (int64 at = begin + threadIdx.x; at < end; at += THREADS) {
        const int64 n = at / pixels;
        const int pixel = at % pixels, p = pixel / window.out_width, q = pixel % window.out_width;
        const WIDE g = widen(gy[(n * out_channels + out_channel) * pixels + pixel]);
        const STORED* image = x + (n * window.channels + channel) * window.height * window.width;
        const int above = p * window.stride_y - window.top, before = q * window.stride_x - window.left;
#pragma unroll
        for (int k = 0; k < TAPS; ++k) {
            const int tap = first + k;
            const int h = above + tap / window.kernel_width * window.dilate_y;
            const int w = before + tap % window.kernel_width * window.dilate_x;
            if (tap < taps && h >= 0 && h < window.height && w >= 0 && w < window.width)
                sums[k] += widen(image[(int64)h * window.width + w]) * g;
            else if (tap == taps)
                sums[k] += g;
        }
    }

    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
    for (int k = 0; k < TAPS; ++k) {
        for (int distance = 16; distance; distance /= 2)
            sums[k] += __shfl_down_sync(0xffffffffu, sums[k], distance);
        if (lane == 0) warps[warp][k] = sums[k];
    }
    __syncthreads();
    for (int k = threadIdx.x; k < TAPS; k += THREADS) {
        if (first + k > taps) break;
        WIDE sum = 0;
        for (int i = 0; i < WARPS; ++i) sum += warps[i][k];
        partial[((int64)blockIdx.y * out_channels + out_channel) * (taps + 1) + first + k] = sum;
    }
}

extern "C" __global__ void __launch_bounds__(256)
depthwise_weight_sum(WIDE* __restrict__ gW, WIDE* __restrict__ gb, const WIDE* __restrict__ partial,
                     const Window window, const int slices) {
    const int taps = window.kernel_height * window.kernel_width;
    const int64 out_channels = (int64)window.channels * window.multiplier, total = out_channels * (taps + 1);
    for (int64 at = (int64)blockIdx.x * blockDim.x + threadIdx.x; at < total; at += (int64)gridDim.x * blockDim.x) {
        WIDE sum = 0;
        for (int i = 0; i < slices; ++i) sum += partial[i * total + at];
        const int64 out_channel = at / (taps + 1);
        const int tap = at % (taps + 1);
        const int64 channel = out_channel / window.multiplier, m = out_channel % window.multiplier;
        if (tap == taps)
            gb[out_channel] = sum;
        else
            gW[(m * window.channels + channel) * taps + tap] = sum;
    }
}
