// Gradients of the kernels and the bias, in two stages of a fixed order: no atomics, the same bits in every run.
//
//     gW[m, c, i, j] = sum over n, p, q of x[n, c, p sy + i dy - top, q sx + j dx - left] gy[n, c M + m, p, q]
//     gb[c M + m]    = sum over n, p, q of gy[n, c M + m, p, q]
//
// First stage: block (c M + m and group of TAPS_Y x TAPS_X taps, slice). A slice is `images` whole images or, where these
// are large, one of `parts` parts of an image. A thread sums over the outputs threadIdx.x, + THREADS, ... of its slice,
// with a sum for each tap in a register; warps are added by shuffles, then across shared memory, to
// partial[slice][c M + m][tap], of WIDE; behind the last tap stands the sum of gy. Second stage: weight_sum.cuh.

#include "window.cuh"

#define WARPS (THREADS / 32)
#define TAPS (TAPS_Y * TAPS_X)

extern "C" __global__ void __launch_bounds__(THREADS, 4)
depthwise_weight(WIDE* __restrict__ partial, const STORED* __restrict__ x, const STORED* __restrict__ gy,
                 const Window window, const int images, const int parts) {
    __shared__ WIDE warps[WARPS][TAPS + 1];
    const int across = (window.kernel_width + TAPS_X - 1) / TAPS_X;
    const int groups = (window.kernel_height + TAPS_Y - 1) / TAPS_Y * across, group = blockIdx.x % groups;
    const int first_i = group / across * TAPS_Y, first_j = group % across * TAPS_X;
    const int out_channel = blockIdx.x / groups, channel = out_channel / window.multiplier;
    const int out_channels = window.channels * window.multiplier;
    const int pixels = window.out_height * window.out_width, length = (pixels + parts - 1) / parts;
    const int slice = blockIdx.y, first_image = slice / parts * images, begin = slice % parts * length;
    const int here = min(length, pixels - begin), total = here * min(images, window.images - first_image);

    WIDE sums[TAPS + 1];
#pragma unroll
    for (int k = 0; k <= TAPS; ++k) sums[k] = 0;
    for (int at = threadIdx.x; at < total; at += THREADS) {
        const int n = first_image + at / here, pixel = begin + at % here;
        const int p = pixel / window.out_width, q = pixel % window.out_width;
        const WIDE g = widen(gy[((int64)n * out_channels + out_channel) * pixels + pixel]);
        const STORED* image = x + ((int64)n * window.channels + channel) * window.height * window.width;
        const int above = p * window.stride_y - window.top, before = q * window.stride_x - window.left;
        sums[TAPS] += g;
#pragma unroll
        for (int i = 0; i < TAPS_Y; ++i) {
            const int h = above + (first_i + i) * window.dilate_y;
            if (h < 0 || h >= window.height || first_i + i >= window.kernel_height) continue;
            const STORED* row = image + (int64)h * window.width;
#pragma unroll
            for (int j = 0; j < TAPS_X; ++j) {
                const int w = before + (first_j + j) * window.dilate_x;
                if (w >= 0 && w < window.width && first_j + j < window.kernel_width)
                    sums[i * TAPS_X + j] += widen(row[w]) * g;
            }
        }
    }

    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
    for (int k = 0; k <= TAPS; ++k) {
#pragma unroll
        for (int distance = 16; distance; distance /= 2)
            sums[k] += __shfl_down_sync(0xffffffffu, sums[k], distance);
        if (lane == 0) warps[warp][k] = sums[k];
    }
    __syncthreads();
    const int taps = window.kernel_height * window.kernel_width;
    WIDE* result = partial + ((int64)slice * out_channels + out_channel) * (taps + 1);
    for (int k = threadIdx.x; k <= TAPS; k += THREADS) {
        const int i = first_i + k / TAPS_X, j = first_j + k % TAPS_X;
        WIDE sum = 0;
#pragma unroll
        for (int warp = 0; warp < WARPS; ++warp) sum += warps[warp][k];
        if (k == TAPS && group == 0) result[taps] = sum;
        if (k < TAPS && i < window.kernel_height && j < window.kernel_width) result[i * window.kernel_width + j] = sum;
    }
}
