// An element for every place that it is repeated in: the transpose of a sum.
//
//     y[o, a, i, b] = x[o, i]      y (outer, strided, inner, adjacent)
//
// Defines: V, the elements of a pack.

#include "levels.cuh"
#include "packs.cuh"

// Where in x the row [o, a, i] of y comes from; it has `inner` of these for each [o, a].
__device__ __forceinline__ unsigned source_of(unsigned row, const Levels& levels, unsigned inner) {
    return row / inner / levels.strided * inner + row % inner;
}

// Runs of `adjacent` equal elements, of any length; y begins at a pack, x anywhere.
extern "C" __global__ void __launch_bounds__(256)
spread_runs(STORED* __restrict__ y, const STORED* __restrict__ x, const Levels levels, const unsigned size) {
    const unsigned begin = blockIdx.x * blockDim.x + threadIdx.x, step = gridDim.x * blockDim.x, packs = size / V;
    for (unsigned at = begin; at < packs; at += step) {
        unsigned row = at * V / levels.adjacent, b = at * V % levels.adjacent;
        STORED value = x[source_of(row, levels, levels.inner)];
        Pack pack;
#pragma unroll
        for (int v = 0; v < V; ++v, ++b) {
            if (b == levels.adjacent) {
                b = 0;
                value = x[source_of(++row, levels, levels.inner)];
            }
            pack.values[v] = value;
        }
        put_pack(y, at, pack);
    }
    for (unsigned at = packs * V + begin; at < size; at += step)
        y[at] = x[source_of(at / levels.adjacent, levels, levels.inner)];
}

// Whole packs of `inner`, where `adjacent` is 1 and x begins at a pack.
extern "C" __global__ void __launch_bounds__(256)
spread_rows(STORED* __restrict__ y, const STORED* __restrict__ x, const Levels levels, const unsigned size) {
    const unsigned begin = blockIdx.x * blockDim.x + threadIdx.x, step = gridDim.x * blockDim.x;
    for (unsigned at = begin; at < size / V; at += step)
        put_pack(y, at, pack_at(x, source_of(at, levels, levels.inner / V)));
}
