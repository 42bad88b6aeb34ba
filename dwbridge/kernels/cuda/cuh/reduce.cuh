// Sums over the threads of a warp or a block, of one number or of two at once, in an order that is fixed.

#pragma once

#include "types.cuh"

struct Pair {
    WIDE first, second;
};

__device__ __forceinline__ void add(WIDE& sum, WIDE more) { sum += more; }
__device__ __forceinline__ void add(Pair& sums, const Pair& more) {
    sums.first += more.first;
    sums.second += more.second;
}

// The first lane has the sum. All lanes call it.
__device__ __forceinline__ WIDE warp_sum(WIDE mine) {
#pragma unroll
    for (int distance = 16; distance; distance /= 2) mine += __shfl_down_sync(0xffffffffu, mine, distance);
    return mine;
}
__device__ __forceinline__ Pair warp_sum(Pair mine) {
#pragma unroll
    for (int distance = 16; distance; distance /= 2)
        add(mine, {__shfl_down_sync(0xffffffffu, mine.first, distance),
                   __shfl_down_sync(0xffffffffu, mine.second, distance)});
    return mine;
}

// The first thread has the sum. All threads call it, whole warps of them; `warps` is shared memory, and free.
#define BLOCK_SUM(KIND)                                                                  \
    __device__ __forceinline__ KIND block_sum(KIND mine, KIND* warps) {                  \
        mine = warp_sum(mine);                                                           \
        if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = mine;                       \
        __syncthreads();                                                                 \
        if (threadIdx.x == 0)                                                            \
            for (int warp = 1; warp < blockDim.x / 32; ++warp) add(mine, warps[warp]);   \
        return mine;                                                                     \
    }
BLOCK_SUM(WIDE)
BLOCK_SUM(Pair)

// What the first lane has, for all lanes.
__device__ __forceinline__ Pair given_to_warp(const Pair& value) {
    return {__shfl_sync(0xffffffffu, value.first, 0), __shfl_sync(0xffffffffu, value.second, 0)};
}

// What the first thread has, for all threads; `room` is shared memory that only this thread reads before.
__device__ __forceinline__ Pair given_to_block(const Pair& value, Pair* room) {
    if (threadIdx.x == 0) room[0] = value;
    __syncthreads();
    return room[0];
}
