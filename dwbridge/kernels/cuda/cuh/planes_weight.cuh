// Gradients of the kernels and the bias for small maps, of any width, in two stages of a fixed order. See framed_maps.cuh.
//
// Block (group, slice) has MAPS channels. Warp w of it has every image n with n % (WARPS slices) = WARPS slice + w: a lane
// adds up the products of its strips of gy, for all of them. Then the lanes of a map are added by shuffles, and warps
// across shared memory, to partial[slice][c][tap], of WIDE; behind the last tap stands the sum of gy. Second stage:
// weight_sum.cuh. Which element is added where follows from the launch alone: the same bits in every run.
//
// Infinite elements of gy may make gradients NaN that are infinite otherwise: the zeros of the frame are multiplied.

#include "framed_maps.cuh"

#define LANES (MAPS == 1 ? 32 : OF_A_MAP)  // of a map; those without a strip have zeros

// gy of a strip of `count` maps; zero below a map, and behind the last one.
__device__ __forceinline__ void load_strip(STORED* values, const STORED* maps, const Strip& strip, int count) {
    const STORED* top = maps + strip.map * OUT_IMAGE + strip.row * OUT_WIDTH + strip.column;
#pragma unroll
    for (int r = 0; r < STRIP; ++r)
        values[r] = strip.exists && strip.map < count && strip.row + r < OUT_HEIGHT ? top[r * OUT_WIDTH] : STORED{};
}

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT)
depthwise_planes_weight(WIDE* __restrict__ partial, const STORED* __restrict__ x, const STORED* __restrict__ gy,
                        const Window window, const int turns) {
    __shared__ Frames all_frames[WARPS];
    __shared__ WIDE warps[WARPS][MAPS][TAPS + 1];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int first = blockIdx.x * MAPS, here = maps_from(first, window.channels);
    Frames& frames = all_frames[warp];
    int places[LOADS];
#pragma unroll
    for (int i = 0; i < LOADS; ++i) places[i] = place_of(lane + 32 * i);
    clear(frames, lane);

    WIDE sums[TAPS + 1];
#pragma unroll
    for (int k = 0; k <= TAPS; ++k) sums[k] = 0;
    STORED pixels[LOADS], given[ROUNDS][STRIP];
    const auto load_turn = [&](int turn) {
        const int n = (turn * gridDim.y + blockIdx.y) * WARPS + warp;
        const int64 maps = (int64)n * window.channels + first;
        const int wanted = n < window.images ? here : 0;
        load(pixels, x + maps * IMAGE, wanted, lane);
#pragma unroll
        for (int round = 0; round < ROUNDS; ++round)
            load_strip(given[round], gy + maps * OUT_IMAGE, strip_of(lane, round), wanted);
    };
    load_turn(0);
    for (int turn = 0; turn < turns; ++turn) {  // for all warps: those without an image have zeros
        WIDE gradient[ROUNDS][STRIP];
#pragma unroll
        for (int round = 0; round < ROUNDS; ++round)
#pragma unroll
            for (int r = 0; r < STRIP; ++r) sums[TAPS] += gradient[round][r] = widen(given[round][r]);
        put(frames, pixels, places);
        load_turn(turn + 1);
#pragma unroll
        for (int round = 0; round < ROUNDS; ++round) {
            const Strip strip = strip_of(lane, round);
            if (!strip.exists) continue;
#pragma unroll
            for (int j = 0; j < KERNEL_WIDTH; ++j) {
                WIDE column[COLUMN];
                read_column(column, frames, strip, j);
#pragma unroll
                for (int i = 0; i < KERNEL_HEIGHT; ++i)
#pragma unroll
                    for (int r = 0; r < STRIP; ++r)
                        if (in_frame(r * STRIDE_Y + i * DILATE_Y) &&
                            (STRIPS * STRIP == OUT_HEIGHT || strip.row + r < OUT_HEIGHT))
                            sums[i * KERNEL_WIDTH + j] += column[r * STRIDE_Y + i * DILATE_Y] * gradient[round][r];
            }
        }
    }

    const int at = lane % LANES, map = lane / LANES;
#pragma unroll
    for (int k = 0; k <= TAPS; ++k) {
        WIDE sum = sums[k];
#pragma unroll
        for (int distance = 16; distance; distance /= 2) {
            const WIDE other = __shfl_down_sync(EVERY_LANE, sum, distance);
            if (at < distance && at + distance < min(LANES, 2 * distance)) sum += other;
        }
        if (at == 0 && map < MAPS) warps[warp][map][k] = sum;
    }
    __syncthreads();
    WIDE* result = partial + ((int64)blockIdx.y * window.channels + first) * (TAPS + 1);
    for (int k = threadIdx.x; k < here * (TAPS + 1); k += THREADS) {
        WIDE sum = 0;
#pragma unroll
        for (int warp = 0; warp < WARPS; ++warp) sum += warps[warp][k / (TAPS + 1)][k % (TAPS + 1)];
        result[k] = sum;
    }
}
