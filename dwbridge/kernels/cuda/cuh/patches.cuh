// Patches as columns of a matrix, for products; and the transpose: every column is added back to its pixels.
//
//     patches     X[n, k, p] = x[n, c, u sy + i dy - top, v sx + j dx - left],  k = (c kH + i) kW + j,  p = u oW + v
//     gathered    gx[n, c, h, w] = sum over those i, j that lead to a u and a v of GX[n, k, p],
//                                  u sy = h + top - i dy,  v sx = w + left - j dx
//
// x and gx (N, C, H, W) of STORED; X[n, k, p] lies at n image_step + k row_step + p; GX (N, C kH kW, oH oW) of WIDE: its
// sums are rounded once. Sums run over i, j in this order. Row y of the grid has image y, whose patches are fewer than
// 2^31 elements; a thread of `patches` writes V neighbours, which oH oW and both steps are multiples of.
//
// Defines: V.

#include "packs.cuh"
#include "window.cuh"

extern "C" __global__ void __launch_bounds__(256, 2)
patches(STORED* __restrict__ columns, const STORED* __restrict__ x, const Window window, const int64 image_step,
        const int64 row_step) {
    const int taps = window.kernel_height * window.kernel_width, packs = window.out_height * window.out_width / V;
    const int total = window.channels * taps * packs;
    const int64 plane_size = (int64)window.height * window.width, image = (int64)blockIdx.y * window.channels;
    for (int at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
        const int row = at / packs, pack = at % packs, channel = row / taps, tap = row % taps;
        const int below = tap / window.kernel_width * window.dilate_y - window.top;
        const int behind = tap % window.kernel_width * window.dilate_x - window.left;
        const STORED* plane = x + (image + channel) * plane_size;
        int u = pack * V / window.out_width, v = pack * V % window.out_width;
        Pack seen;
#pragma unroll
        for (int k = 0; k < V; ++k) {
            const int h = u * window.stride_y + below, w = v * window.stride_x + behind;
            const bool is_inside = h >= 0 && h < window.height && w >= 0 && w < window.width;
            seen.values[k] = is_inside ? plane[h * window.width + w] : narrow(0);
            if (++v == window.out_width) v = 0, ++u;
        }
        put_pack(columns + blockIdx.y * image_step + row * row_step, pack, seen);
    }
}

extern "C" __global__ void __launch_bounds__(256, 2)
gathered(STORED* __restrict__ gx, const WIDE* __restrict__ columns, const Window window) {
    const int taps = window.kernel_height * window.kernel_width, pixels = window.out_height * window.out_width;
    const int total = window.channels * window.height * window.width;
    const int64 image = (int64)blockIdx.y * window.channels;
    STORED* result = gx + image * window.height * window.width;
    for (int at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
        const int w = at % window.width, line = at / window.width, h = line % window.height;
        const WIDE* rows = columns + (image + line / window.height) * taps * pixels;
        WIDE sum = 0;
        for (int i = 0; i < window.kernel_height; ++i) {
            const int down = h + window.top - i * window.dilate_y, u = down / window.stride_y;
            if (down < 0) break;
            if (u * window.stride_y != down || u >= window.out_height) continue;
            for (int j = 0; j < window.kernel_width; ++j) {
                const int right = w + window.left - j * window.dilate_x, v = right / window.stride_x;
                if (right < 0) break;
                if (v * window.stride_x != right || v >= window.out_width) continue;
                sum += rows[(i * window.kernel_width + j) * pixels + u * window.out_width + v];
            }
        }
        result[at] = narrow(sum);
    }
}
