// Gradients of gamma and beta, of the channels of x and gy [outer, channels, inner], in two stages of a fixed order.
//
//     gbeta = sum gy;  ggamma = sum gy x_hat;  x_hat = (x - mean) inv_std
//
// Mean and inv_std are a channel's where OF_CHANNELS is 1 (batch normalization), else those of a place in [outer, inner]
// (layer normalization). Stages and slices are those of batch_statistics.cuh; partial[slice] is (gbeta, ggamma). The
// second stage also writes both divided by m, if `means` is not null; they may take the place of the first slice.

#include "channels.cuh"
#include "reduce.cuh"
#include "weights.cuh"

__device__ __forceinline__ Pair terms(STORED x, STORED gy, WIDE mean, WIDE inv_std) {
    const WIDE given = widen(gy);
    return {given, given * ((widen(x) - mean) * inv_std)};
}

__device__ __forceinline__ void put_sums(WIDE* partial, int channel, int channels, const Pair& sums) {
    WIDE* at = partial + (int64)blockIdx.y * 2 * channels + channel;
    at[0] = sums.first;
    at[channels] = sums.second;
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
plane_gradients(WIDE* __restrict__ partial, const STORED* __restrict__ x, const STORED* __restrict__ gy,
                const WIDE* __restrict__ mean, const WIDE* __restrict__ inv_std, const int channels, const int units,
                const int total, const int length) {
    __shared__ Pair warps[THREADS / 32];
    const int channel = blockIdx.x, slice = blockIdx.y, begin = slice * length + threadIdx.x;
    const int end = min(slice * length + length, total);
    Way way = way_of(begin, channel, channels, units);
    Pair sums = {0, 0};
    for (int at = begin; at < end; at += THREADS, go_on(way)) {
        const Pack in = pack_at(x, way.pack), given = pack_at(gy, way.pack);
#pragma unroll
        for (int v = 0; v < V; ++v) {
            const int64 place = OF_CHANNELS ? channel : (int64)at * V + v;
            add(sums, terms(in.values[v], given.values[v], mean[place], inv_std[place]));
        }
    }
    sums = block_sum(sums, warps);
    if (threadIdx.x == 0) put_sums(partial, channel, channels, sums);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
column_gradients(WIDE* __restrict__ partial, const STORED* __restrict__ x, const STORED* __restrict__ gy,
                 const WIDE* __restrict__ mean, const WIDE* __restrict__ inv_std, const int channels, const int rows,
                 const int length) {
    __shared__ Pair warps[THREADS / 32][32];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, channel = blockIdx.x * 32 + lane;
    const int slice = blockIdx.y, begin = slice * length + warp;
    const int end = channel < channels ? min(slice * length + length, rows) : 0;
    Pair sums = {0, 0};
    for (int row = begin; row < end; row += THREADS / 32) {
        const int64 at = (int64)row * channels + channel, place = OF_CHANNELS ? channel : row;
        add(sums, terms(x[at], gy[at], mean[place], inv_std[place]));
    }
    warps[warp][lane] = sums;
    __syncthreads();
    if (warp != 0 || channel >= channels) return;
    for (int i = 1; i < THREADS / 32; ++i) add(sums, warps[i][lane]);
    put_sums(partial, channel, channels, sums);
}

extern "C" __global__ void __launch_bounds__(THREADS)
channel_gradients(WEIGHT* __restrict__ ggamma, WEIGHT* __restrict__ gbeta, WIDE* means, const WIDE* partial, const WIDE m,
                  const int channels, const int slices) {
    const int channel = blockIdx.x * blockDim.x + threadIdx.x;
    if (channel >= channels) return;
    Pair sums = {0, 0};
    for (int slice = 0; slice < slices; ++slice) {
        const WIDE* at = partial + (int64)slice * 2 * channels + channel;
        add(sums, {at[0], at[channels]});
    }
    put_weight(gbeta, channel, sums.first);
    put_weight(ggamma, channel, sums.second);
    if (means) {
        means[channel] = sums.first / m;
        means[channels + channel] = sums.second / m;
    }
}
