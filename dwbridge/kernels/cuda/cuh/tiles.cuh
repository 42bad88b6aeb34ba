// Depthwise convolution with large kernels: a tile of a map in shared memory, a strip of its outputs in each thread.
//
// A block computes DOWN STRIP x ACROSS outputs of each of PLANES planes. What is under their windows, the frame, is
// loaded once, row by row, with zeros where the map ends. A thread has STRIP outputs below each other, and for each
// column of taps it walks down a column of the frame: STRIP pixels are in registers, and every tap is read once for all
// of them. Taps stand in shared memory column by column, and are read four at once.
//
//     reads of shared memory for each product, at stride 1      ((K + STRIP - 1) + K / 4) / (K STRIP)
//
// Lanes of a warp have neighbouring outputs. With STRIDE_X > 1 their pixels are not neighbours: so a row of the frame
// has every STRIDE_X-th column in its first PART, then those behind these, and lanes read adjacent numbers again.
//
// Where the whole map lies in every window, there may be more taps than pixels. Both are then turned around, and change
// places: y[p] = sum over h of x[h] W[h + top - p sy] is a convolution of the kernel by the map (`SWAP`), and `window`
// is the window of that one.
//
// Defines: KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE_Y, STRIDE_X, DILATE_Y, DILATE_X, ACROSS, DOWN, STRIP, PLANES, PITCH
// (numbers in a row of the frame), and SWAP.

#include "window.cuh"

#define LANES (ACROSS * DOWN)
#define THREADS (LANES * PLANES)
#define LAST_ROW ((STRIP - 1) * STRIDE_Y)
#define COLUMN (LAST_ROW + (KERNEL_HEIGHT - 1) * DILATE_Y + 1)
#define FRAME_HEIGHT ((DOWN * STRIP - 1) * STRIDE_Y + (KERNEL_HEIGHT - 1) * DILATE_Y + 1)
#define FRAME_WIDTH ((ACROSS - 1) * STRIDE_X + (KERNEL_WIDTH - 1) * DILATE_X + 1)
#define PART ((FRAME_WIDTH + STRIDE_X - 1) / STRIDE_X)
#define TAPS (KERNEL_HEIGHT * KERNEL_WIDTH)
#define FOURS ((KERNEL_HEIGHT + 3) / 4)

struct alignas(16) Four {
    WIDE values[4];
};

// The frame, whose first pixel is that of row `above` and column `before` of an image.
__device__ __forceinline__ void fill(WIDE* frame, const STORED* image, int above, int before, int height, int width,
                                     bool backwards, int lane) {
#pragma unroll 4
    for (int at = lane; at < FRAME_HEIGHT * FRAME_WIDTH; at += LANES) {
        const int row = at / FRAME_WIDTH, column = at % FRAME_WIDTH, h = above + row, w = before + column;
        WIDE value = 0;
        if (h >= 0 && h < height && w >= 0 && w < width)
            value = widen(image[backwards ? (height - h) * width - 1 - w : h * width + w]);
        frame[row * PITCH + column % STRIDE_X * PART + column / STRIDE_X] = value;
    }
}

// Taps, column by column.
__device__ __forceinline__ void fill_taps(Four* taps, const STORED* kernel, bool backwards, int lane) {
#pragma unroll 4
    for (int at = lane; at < TAPS; at += LANES) {
        const int i = at / KERNEL_WIDTH, j = at % KERNEL_WIDTH;
        taps[j * FOURS + i / 4].values[i % 4] = widen(kernel[backwards ? TAPS - 1 - at : at]);
    }
}

// Adds to the sums what a column of taps makes of a column of the frame.
__device__ __forceinline__ void add(WIDE* sums, const WIDE* frame, const Four* taps) {
    WIDE column[COLUMN];
    Four four;
#pragma unroll
    for (int r = 0; r < LAST_ROW; ++r) column[r] = frame[r * PITCH];
#pragma unroll
    for (int i = 0; i < KERNEL_HEIGHT; ++i) {
        const int last = LAST_ROW + i * DILATE_Y;  // the row under tap i of the last output
#pragma unroll
        for (int r = i ? last - DILATE_Y + 1 : last; r <= last; ++r) column[r] = frame[r * PITCH];
        if (i % 4 == 0) four = taps[i / 4];
#pragma unroll
        for (int s = 0; s < STRIP; ++s) sums[s] += column[s * STRIDE_Y + i * DILATE_Y] * four.values[i % 4];
    }
}

extern "C" __global__ void __launch_bounds__(THREADS)
depthwise_tiles(STORED* __restrict__ y, const STORED* __restrict__ x, const STORED* __restrict__ weight,
                const STORED* __restrict__ bias, const Window window, const int planes, const int tiles_y,
                const int tiles_x) {
    __shared__ WIDE frames[PLANES][FRAME_HEIGHT * PITCH];
    __shared__ Four taps[PLANES][KERNEL_WIDTH * FOURS];
    const int here = threadIdx.x / LANES, lane = threadIdx.x % LANES;
    const int tile = blockIdx.x % (tiles_y * tiles_x), top = tile / tiles_x * (DOWN * STRIP);
    const int left = tile % tiles_x * ACROSS, out_plane = blockIdx.x / (tiles_y * tiles_x) * PLANES + here;
    const int plane = out_plane / window.multiplier, m = out_plane % window.multiplier;
    const int channel = plane % window.channels;
    const bool works = out_plane < planes;
    if (works) {
        const int framed = window.height * window.width;
        const STORED* image = x + (int64)plane * (SWAP ? TAPS : framed);
        const STORED* kernel = weight + ((int64)m * window.channels + channel) * (SWAP ? framed : TAPS);
        fill(frames[here], SWAP ? kernel : image, top * STRIDE_Y - window.top, left * STRIDE_X - window.left,
             window.height, window.width, SWAP && !window.flip, lane);
        fill_taps(taps[here], SWAP ? image : kernel, SWAP || window.flip, lane);
    }
    __syncthreads();
    const int p = top + lane / ACROSS * STRIP, q = left + lane % ACROSS;
    if (!works || p >= window.out_height || q >= window.out_width) return;

    WIDE sums[STRIP];
#pragma unroll
    for (int s = 0; s < STRIP; ++s) sums[s] = bias ? widen(bias[channel * window.multiplier + m]) : (WIDE)0;
    const WIDE* frame = frames[here] + lane / ACROSS * STRIP * STRIDE_Y * PITCH + lane % ACROSS;
#pragma unroll 1
    for (int j = 0; j < KERNEL_WIDTH; ++j)
        add(sums, frame + j * DILATE_X % STRIDE_X * PART + j * DILATE_X / STRIDE_X, taps[here] + j * FOURS);

    STORED* result = y + ((int64)out_plane * window.out_height + p) * window.out_width + q;
#pragma unroll
    for (int s = 0; s < STRIP; ++s)
        if (p + s < window.out_height) result[(int64)s * window.out_width] = narrow(sums[s]);
}
