// Mean and variance in one pass: a thread sums deviations from its first value, and Chan's formula merges threads.
//
// M2 is the sum of squared deviations from the mean. With k values to a thread, their deviations from the first have at
// most k + 1 times the M2 that is left: subtracting what the mean makes of them loses log2(k + 1) bits at most, whatever
// the mean. Merging adds the differences of means, with these means' own rounding.
// Source: Chan, Golub and LeVeque, Algorithms for Computing the Sample Variance (1983).

#pragma once

#include "rounding.cuh"

struct Deviations {
    WIDE shift, sum, squares;
    int count;
};

// Nothing deviates from infinity or NaN: 0 takes their place.
__device__ __forceinline__ Deviations deviations_from(WIDE shift) {
    return {isfinite(shift) ? shift : (WIDE)0, 0, 0, 0};
}

__device__ __forceinline__ void add(Deviations& all, WIDE value) {
    const WIDE deviation = value - all.shift;
    all.sum += deviation;
    all.squares += deviation * deviation;
    ++all.count;
}

struct Moments {
    WIDE count, mean, M2;
};

__device__ __forceinline__ Moments moments_of(const Deviations& all) {
    if (all.count == 0) return {0, 0, 0};
    const WIDE off = divided(all.sum, (WIDE)all.count), M2 = all.squares - all.sum * off;
    // NaN is also what squares leave that overflow where the sum does not; their sum is infinite then
    const WIDE kept = M2 == M2 ? M2 : all.squares + 0 * all.sum;
    return {(WIDE)all.count, all.shift + off, kept < 0 ? (WIDE)0 : kept};
}

__device__ __forceinline__ Moments merged(const Moments& a, const Moments& b) {
    if (b.count == 0) return a;
    if (a.count == 0) return b;
    const WIDE count = a.count + b.count, share = divided(b.count, count), apart = b.mean - a.mean;
    // infinities stay what they are in a sum
    const WIDE mean = isfinite(apart) ? a.mean + apart * share : a.mean + b.mean;
    return {count, mean, a.M2 + b.M2 + apart * apart * (a.count * share)};
}

// The first lane has all lanes', in a fixed order.
__device__ __forceinline__ Moments merged_in_warp(Moments mine) {
    for (int distance = 16; distance; distance /= 2) {
        const Moments other = {__shfl_down_sync(0xffffffffu, mine.count, distance),
                               __shfl_down_sync(0xffffffffu, mine.mean, distance),
                               __shfl_down_sync(0xffffffffu, mine.M2, distance)};
        mine = merged(mine, other);
    }
    return mine;
}

// The first thread has all threads'; `warps` is shared memory, and free.
__device__ __forceinline__ Moments merged_in_block(Moments mine, Moments* warps) {
    mine = merged_in_warp(mine);
    if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = mine;
    __syncthreads();
    if (threadIdx.x == 0)
        for (int warp = 1; warp < blockDim.x / 32; ++warp) mine = merged(mine, warps[warp]);
    return mine;
}
