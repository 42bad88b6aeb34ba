// Average pooling and its gradient: a thread for an output, or for a pixel.
//
//     forward   y[n, c, p, q]  = sum over i, j of x[n, c, p sy + i dy - top, q sx + j dx - left] / count(p, q)
//     backward  gx[n, c, h, w] = sum over the windows that read this pixel of gy[n, c, p, q] / count(p, q)
//     count     kH kW where padding counts; elsewhere the taps inside the image, at least 1
//
// Sums run over i, j in this order, those of the gradient over the taps that a pixel is. Quotients are exact.
//
// Defines: KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE_Y, STRIDE_X, DILATE_Y, DILATE_X, as numbers or as those of `window`.

#include "places.cuh"

#define REACH_Y ((KERNEL_HEIGHT - 1) * DILATE_Y)
#define REACH_X ((KERNEL_WIDTH - 1) * DILATE_X)

__device__ __forceinline__ int rows_inside(const Window& window, int p) {
    int first, last;
    taps_inside(p * STRIDE_Y - window.top, DILATE_Y, window.height, KERNEL_HEIGHT, first, last);
    return max(last - first, 0);
}

__device__ __forceinline__ int columns_inside(const Window& window, int q) {
    int first, last;
    taps_inside(q * STRIDE_X - window.left, DILATE_X, window.width, KERNEL_WIDTH, first, last);
    return max(last - first, 0);
}

extern "C" __global__ void __launch_bounds__(256, 2)
average_pooling(STORED* __restrict__ y, const STORED* __restrict__ x, const Window window, const int batch,
                const int padding_counts) {
    const Place out = place_of(window, batch, window.out_height, window.out_width);
    if (!out.exists) return;
    const STORED* image = x + out.plane * window.height * window.width;
    const int above = out.row * STRIDE_Y - window.top, before = out.column * STRIDE_X - window.left;
    WIDE sum = 0;
#pragma unroll
    for (int i = 0; i < KERNEL_HEIGHT; ++i) {
        const int h = above + i * DILATE_Y;
#pragma unroll
        for (int j = 0; j < KERNEL_WIDTH; ++j) {
            const int w = before + j * DILATE_X;
            const bool inside = h >= 0 && h < window.height && w >= 0 && w < window.width;
            sum += inside ? widen(image[h * window.width + w]) : (WIDE)0;
        }
    }
    int count = KERNEL_HEIGHT * KERNEL_WIDTH;
    if (!padding_counts) count = max(rows_inside(window, out.row) * columns_inside(window, out.column), 1);
    y[out.at] = narrow(sum / (WIDE)count);
}

extern "C" __global__ void __launch_bounds__(256, 2)
average_pooling_gradient(STORED* __restrict__ gx, const STORED* __restrict__ gy, const Window window, const int batch,
                         const int padding_counts) {
    const Place pixel = place_of(window, batch, window.height, window.width);
    if (!pixel.exists) return;
    const STORED* given = gy + pixel.plane * window.out_height * window.out_width;
    const int down = pixel.row + window.top, right = pixel.column + window.left;  // in the padded image
    WIDE sum = 0;
#pragma unroll
    for (int a = 0; a <= REACH_Y / STRIDE_Y; ++a) {
        const int p = down / STRIDE_Y - a, below = down - p * STRIDE_Y;  // rows from where window p begins to here
        if (p < 0 || p >= window.out_height || below > REACH_Y || below % DILATE_Y) continue;
        const int rows = padding_counts ? KERNEL_HEIGHT : rows_inside(window, p);
#pragma unroll
        for (int b = 0; b <= REACH_X / STRIDE_X; ++b) {
            const int q = right / STRIDE_X - b, beyond = right - q * STRIDE_X;
            if (q < 0 || q >= window.out_width || beyond > REACH_X || beyond % DILATE_X) continue;
            const int count = rows * (padding_counts ? KERNEL_WIDTH : columns_inside(window, q));
            sum += widen(given[p * window.out_width + q]) / (WIDE)count;
        }
    }
    gx[pixel.at] = narrow(sum);
}
