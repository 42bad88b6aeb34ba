// Depthwise convolution of small maps, of any width: a block has PLANES whole planes in shared memory.
//
// Planes lie one behind the other, so a block reads and writes one range, in packs of 16 bytes: PLANES is such that every
// block's range begins at one. The planes are framed in zeros in shared memory. A thread computes STRIP outputs below
// each other, and reads each column of the frame once for all of them.
//
// Defines: the numbers of the window (HEIGHT, WIDTH, OUT_HEIGHT, OUT_WIDTH, KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE_Y,
// STRIDE_X, TOP, LEFT, DILATE_Y, DILATE_X), PLANES, STRIP, THREADS, V (elements of a pack) and FLIP (1: taps are read
// backwards, which makes the data gradient of stride 1). With M = 1.

#include "window.cuh"

#define REACH_Y ((KERNEL_HEIGHT - 1) * DILATE_Y + 1)
#define REACH_X ((KERNEL_WIDTH - 1) * DILATE_X + 1)
#define STRIPS ((OUT_HEIGHT + STRIP - 1) / STRIP)
#define FRAME_HEIGHT ((STRIPS * STRIP - 1) * STRIDE_Y + REACH_Y)
#define FRAME_WIDTH ((OUT_WIDTH - 1) * STRIDE_X + REACH_X)
#define FRAME (FRAME_HEIGHT * FRAME_WIDTH)
#define IMAGE (HEIGHT * WIDTH)
#define OUT_IMAGE (OUT_HEIGHT * OUT_WIDTH)
#define COLUMN ((STRIP - 1) * STRIDE_Y + REACH_Y)

struct alignas(16) Pack {
    STORED values[V];
};

extern "C" __global__ void __launch_bounds__(THREADS, 2)
depthwise_planes(STORED* __restrict__ y, const STORED* __restrict__ x, const STORED* __restrict__ weight,
                 const STORED* __restrict__ bias, const Window window, const int64 planes) {
    __shared__ WIDE frames[PLANES * FRAME];
    __shared__ Pack results[(PLANES * OUT_IMAGE + V - 1) / V];
    const int64 first = (int64)blockIdx.x * PLANES;
    const int here = (int)min((int64)PLANES, planes - first);

    for (int at = threadIdx.x; at < PLANES * FRAME; at += THREADS) frames[at] = 0;
    __syncthreads();
    const STORED* given = x + first * IMAGE;
    for (int at = threadIdx.x * V; at < here * IMAGE; at += THREADS * V) {
        Pack pack;
        if (at + V <= here * IMAGE)
            pack = *reinterpret_cast<const Pack*>(given + at);
        else
            for (int v = 0; at + v < here * IMAGE; ++v) pack.values[v] = given[at + v];
#pragma unroll
        for (int v = 0; v < V; ++v) {
            const int plane = (at + v) / IMAGE, pixel = (at + v) % IMAGE;
            const int row = pixel / WIDTH + TOP, column = pixel % WIDTH + LEFT;
            if (at + v < here * IMAGE && row < FRAME_HEIGHT && column < FRAME_WIDTH)
                frames[plane * FRAME + row * FRAME_WIDTH + column] = widen(pack.values[v]);
        }
    }
    __syncthreads();

    STORED* flat = reinterpret_cast<STORED*>(results);
    for (int item = threadIdx.x; item < here * STRIPS * OUT_WIDTH; item += THREADS) {
        const int q = item % OUT_WIDTH, strip = item / OUT_WIDTH % STRIPS, plane = item / (OUT_WIDTH * STRIPS);
        const int channel = (first + plane) % window.channels;
        const STORED* kernel = weight + (int64)channel * (KERNEL_HEIGHT * KERNEL_WIDTH);
        const WIDE* frame = frames + plane * FRAME + strip * STRIP * STRIDE_Y * FRAME_WIDTH + q * STRIDE_X;
        WIDE sums[STRIP];
#pragma unroll
        for (int r = 0; r < STRIP; ++r) sums[r] = bias ? widen(bias[channel]) : (WIDE)0;
#pragma unroll
        for (int j = 0; j < KERNEL_WIDTH; ++j) {
            WIDE column[COLUMN];
#pragma unroll
            for (int r = 0; r < COLUMN; ++r) column[r] = frame[r * FRAME_WIDTH + j * DILATE_X];
#pragma unroll
            for (int i = 0; i < KERNEL_HEIGHT; ++i) {
                const int tap = i * KERNEL_WIDTH + j;
                const WIDE factor = widen(kernel[FLIP ? KERNEL_HEIGHT * KERNEL_WIDTH - 1 - tap : tap]);
#pragma unroll
                for (int r = 0; r < STRIP; ++r) sums[r] += column[r * STRIDE_Y + i * DILATE_Y] * factor;
            }
        }
#pragma unroll
        for (int r = 0; r < STRIP; ++r)
            if (strip * STRIP + r < OUT_HEIGHT)
                flat[plane * OUT_IMAGE + (strip * STRIP + r) * OUT_WIDTH + q] = narrow(sums[r]);
    }
    __syncthreads();

    STORED* wanted = y + first * OUT_IMAGE;
    for (int at = threadIdx.x; at * V < here * OUT_IMAGE; at += THREADS) {
        if ((at + 1) * V <= here * OUT_IMAGE)
            *reinterpret_cast<Pack*>(wanted + at * V) = results[at];
        else
            for (int v = at * V; v < here * OUT_IMAGE; ++v) wanted[v] = flat[v];
    }
}
