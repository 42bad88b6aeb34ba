// Statistics of the channels of x [outer, channels, inner], in two stages of a fixed order.
//
//     mean = sum x / m;  variance = sum (x - mean)^2 / m;  inv_std = 1 / sqrt(variance + eps);  m = outer inner
//
// First stage: block (channel, slice) goes through a slice of the channel's packs; where inner is 1, block (32 channels,
// slice) through a slice of the rows, each warp through one of eight. partial[slice] is (count, mean, M2), each of all
// channels. Second stage: a thread to a channel merges the slices in their order, and lets running statistics follow.

#pragma once

#include "channels.cuh"
#include "moments.cuh"
#include "running_statistics.cuh"

__device__ __forceinline__ void put_moments(WIDE* partial, int channel, int channels, const Moments& moments) {
    WIDE* at = partial + (int64)blockIdx.y * 3 * channels + channel;
    at[0] = moments.count;
    at[channels] = moments.mean;
    at[2 * channels] = moments.M2;
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
plane_statistics(WIDE* __restrict__ partial, const STORED* __restrict__ x, const int channels, const int units,
                 const int total, const int length) {
    __shared__ Moments warps[THREADS / 32];
    const int channel = blockIdx.x, slice = blockIdx.y, begin = slice * length + threadIdx.x;
    const int end = min(slice * length + length, total);
    Way way = way_of(begin, channel, channels, units);
    Deviations all = deviations_from(begin < end ? widen(pack_at(x, way.pack).values[0]) : (WIDE)0);
    for (int at = begin; at < end; at += THREADS, go_on(way)) {
        const Pack in = pack_at(x, way.pack);
#pragma unroll
        for (int v = 0; v < V; ++v) add(all, widen(in.values[v]));
    }
    const Moments moments = merged_in_block(moments_of(all), warps);
    if (threadIdx.x == 0) put_moments(partial, channel, channels, moments);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
column_statistics(WIDE* __restrict__ partial, const STORED* __restrict__ x, const int channels, const int rows,
                  const int length) {
    __shared__ Moments warps[THREADS / 32][32];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, channel = blockIdx.x * 32 + lane;
    const int slice = blockIdx.y, begin = slice * length + warp;
    const int end = channel < channels ? min(slice * length + length, rows) : 0;
    const STORED* column = x + channel;
    Deviations all = deviations_from(begin < end ? widen(column[(int64)begin * channels]) : (WIDE)0);
    for (int row = begin; row < end; row += THREADS / 32) add(all, widen(column[(int64)row * channels]));

    Moments moments = moments_of(all);
    warps[warp][lane] = moments;
    __syncthreads();
    if (warp != 0 || channel >= channels) return;
    for (int i = 1; i < THREADS / 32; ++i) moments = merged(moments, warps[i][lane]);
    put_moments(partial, channel, channels, moments);
}

extern "C" __global__ void __launch_bounds__(THREADS)
channel_statistics(WIDE* __restrict__ mean, WIDE* __restrict__ inv_std, WEIGHT* __restrict__ running_mean,
                   WEIGHT* __restrict__ running_var, const WIDE* __restrict__ partial, const WIDE eps, const WIDE decay,
                   const WIDE share, const WIDE correction, const int channels, const int slices) {
    const int channel = blockIdx.x * blockDim.x + threadIdx.x;
    if (channel >= channels) return;
    Moments all = {0, 0, 0};
    for (int slice = 0; slice < slices; ++slice) {
        const WIDE* at = partial + (int64)slice * 3 * channels + channel;
        all = merged(all, {at[0], at[channels], at[2 * channels]});
    }
    const WIDE found = divided(all.M2, all.count);
    mean[channel] = all.mean;
    inv_std[channel] = rsqrt(found + eps);
    follow(running_mean, channel, all.mean, decay, share);
    follow(running_var, channel, times(correction, found), decay, share);
}
