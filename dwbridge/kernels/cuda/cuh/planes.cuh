// Depthwise convolution of small maps, of any width. See framed_maps.cuh.
//
// Outputs are collected in shared memory, and stored as one run too: whole sectors of memory, whatever the width.

#include "framed_maps.cuh"

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT)
depthwise_planes(STORED* __restrict__ y, const STORED* __restrict__ x, const STORED* __restrict__ weight,
                 const STORED* __restrict__ bias, const Window window, const int groups, const int slices) {
    __shared__ Frames all_frames[WARPS];
    __shared__ STORED all_results[WARPS][MAPS * OUT_IMAGE];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, number = blockIdx.x * WARPS + warp;
    if (number >= groups * slices) return;  // whole warps
    const int first = number % groups * MAPS, here = maps_from(first, window.channels);
    Frames& frames = all_frames[warp];
    STORED* results = all_results[warp];

    const int channel = first + min(strip_of(lane, 0).map, here - 1);
    const WIDE start = bias ? widen(bias[channel]) : (WIDE)0;
    WIDE taps[TAPS];
    const STORED* tap = first_tap(weight + (int64)channel * TAPS, window);
#pragma unroll
    for (int k = 0; k < TAPS; ++k, tap += next_tap(window)) taps[k] = widen(*tap);
    int places[LOADS];
#pragma unroll
    for (int i = 0; i < LOADS; ++i) places[i] = place_of(lane + 32 * i);
    clear(frames, lane);

    int n = number / groups;
    STORED pixels[LOADS];
    load(pixels, x + ((int64)n * window.channels + first) * IMAGE, here, lane);
    for (; n < window.images; n += slices) {
        put(frames, pixels, places);
        const int next = min(n + slices, window.images - 1);  // behind the last one, that is loaded again
        load(pixels, x + ((int64)next * window.channels + first) * IMAGE, here, lane);
#pragma unroll 1
        for (int round = 0; round < ROUNDS; ++round) {
            const Strip strip = strip_of(lane, round);
            if (!strip.exists) continue;
            WIDE sums[STRIP];
#pragma unroll
            for (int r = 0; r < STRIP; ++r) sums[r] = start;
#pragma unroll
            for (int j = 0; j < KERNEL_WIDTH; ++j) {
                WIDE column[COLUMN];
                read_column(column, frames, strip, j);
#pragma unroll
                for (int i = 0; i < KERNEL_HEIGHT; ++i)
#pragma unroll
                    for (int r = 0; r < STRIP; ++r)
                        if (in_frame(r * STRIDE_Y + i * DILATE_Y))
                            sums[r] += column[r * STRIDE_Y + i * DILATE_Y] * taps[i * KERNEL_WIDTH + j];
            }
            STORED* result = results + strip.map * OUT_IMAGE + strip.row * OUT_WIDTH + strip.column;
#pragma unroll
            for (int r = 0; r < STRIP; ++r)
                if (strip.row + r < OUT_HEIGHT) result[r * OUT_WIDTH] = narrow(sums[r]);
        }
        __syncwarp();
        STORED* run = y + ((int64)n * window.channels + first) * OUT_IMAGE;
#pragma unroll
        for (int i = 0; i < MAPS * OUT_IMAGE; i += 32)
            if (lane + i < here * OUT_IMAGE) run[lane + i] = results[lane + i];
    }
}
