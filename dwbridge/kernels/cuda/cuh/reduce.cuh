// Two sums over the threads of a warp or a block, in a fixed order.

#pragma once

#include "types.cuh"

struct Pair {
    WIDE first, second;
};

__device__ __forceinline__ void add(Pair& sums, const Pair& more) {
    sums.first += more.first;
    sums.second += more.second;
}

// The first lane has the sums.
__device__ __forceinline__ Pair warp_sum(Pair mine) {
    for (int distance = 16; distance; distance /= 2)
        add(mine, {__shfl_down_sync(0xffffffffu, mine.first, distance),
                   __shfl_down_sync(0xffffffffu, mine.second, distance)});
    return mine;
}

// The first thread has the sums; `warps` is shared memory, and free.
__device__ __forceinline__ Pair block_sum(Pair mine, Pair* warps) {
    mine = warp_sum(mine);
    if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = mine;
    __syncthreads();
    if (threadIdx.x == 0)
        for (int warp = 1; warp < blockDim.x / 32; ++warp) add(mine, warps[warp]);
    return mine;
}

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
