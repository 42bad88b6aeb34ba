// Softmax cross entropy where there is one label for each row: x and gx (rows, classes), the rest (rows).
//
// LANES adjacent threads own a row: lane l takes packs l, l + LANES, ... of V scores, then the lanes' partitions are
// joined, by shuffles, and across warps in their order. The gradient goes over the row a second time.
//
// Defines: V, of which the classes are a multiple; THREADS of a block; LANES, a power of two up to 32, or THREADS.

#include "packs.cuh"
#include "partition.cuh"

#define AHEAD 4  // packs under way
#define SHUFFLED (LANES < 32 ? LANES : 32)
#define WARPS (LANES > 32 ? LANES / 32 : 1)

__device__ __forceinline__ void include_pack(Partition& found, const Pack& pack) {
#pragma unroll
    for (int v = 0; v < V; ++v) include(found, widen(pack.values[v]));
}

// Of a row of `packs` packs, in every one of its lanes. All threads of the block come here.
__device__ __forceinline__ Partition partition_of(const STORED* row, int packs, int lane, Partition* warps) {
    Partition found = nothing();
    int at = lane;
    for (; at + (AHEAD - 1) * LANES < packs; at += AHEAD * LANES) {
        Pack in[AHEAD];
#pragma unroll
        for (int i = 0; i < AHEAD; ++i) in[i] = pack_at(row, at + i * LANES);
#pragma unroll
        for (int i = 0; i < AHEAD; ++i) include_pack(found, in[i]);
    }
    for (; at < packs; at += LANES) include_pack(found, pack_at(row, at));

    for (int distance = SHUFFLED / 2; distance; distance /= 2) {
        const WIDE peak = __shfl_xor_sync(0xffffffffu, found.peak, distance);
        const WIDE sum = __shfl_xor_sync(0xffffffffu, found.sum, distance);
        found = joined(found, {peak, sum});
    }
    if (WARPS > 1) {
        if (lane % 32 == 0) warps[lane / 32] = found;
        __syncthreads();
        found = warps[0];
        for (int warp = 1; warp < WARPS; ++warp) found = joined(found, warps[warp]);
    }
    return whole(found);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
softmax_row_losses(WIDE* __restrict__ losses, const STORED* __restrict__ x, const void* __restrict__ labels,
                   const WIDE* __restrict__ weights, const int rows, const int classes, const int label_bytes) {
    __shared__ Partition warps[WARPS];
    const int lane = threadIdx.x % LANES;
    const int64 row = (int64)blockIdx.x * (THREADS / LANES) + threadIdx.x / LANES;
    const bool works = row < rows;  // all lanes shuffle, even those that have nothing to do
    const STORED* scores = x + (works ? row : 0) * classes;
    const Partition found = partition_of(scores, works ? classes / V : 0, lane, warps);
    if (works && lane == 0)
        losses[row] = loss_of(found, score_of(scores, label_at(labels, row, label_bytes), classes, 1), weights[row]);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
softmax_row_gradients(STORED* __restrict__ gx, const STORED* __restrict__ x, const void* __restrict__ labels,
                      const WIDE* __restrict__ shares, const int rows, const int classes, const int label_bytes) {
    __shared__ Partition warps[WARPS];
    const int lane = threadIdx.x % LANES;
    const int64 row = (int64)blockIdx.x * (THREADS / LANES) + threadIdx.x / LANES;
    const bool works = row < rows;
    const STORED* scores = x + (works ? row : 0) * classes;
    const Partition found = partition_of(scores, works ? classes / V : 0, lane, warps);
    if (!works) return;
    const WIDE inverse = divided(1, found.sum), share = shares[row];
    const int64 label = label_at(labels, row, label_bytes);
    STORED* gradients = gx + row * classes;
    for (int at = lane; at < classes / V; at += LANES) {
        const Pack in = pack_at(scores, at);
        Pack out;
#pragma unroll
        for (int v = 0; v < V; ++v)
            out.values[v] = narrow(gradient_of(widen(in.values[v]), found.peak, inverse, at * V + v == label, share));
        put_pack(gradients, at, out);
    }
}
