// Sums whose terms lie side by side, or in rows of such, in slices.
//
//     y[o, i, s] = sum over the a and b of slice s of x[o, a, i, b]      x (outer, strided, inner, adjacent)
//
// A team, `team` adjacent lanes of a warp and a power of two, sums `length` packs of the terms (a, b), counted through
// all rows: each lane takes one of every `team`, and they are added by shuffles. V divides `adjacent`.
//
// Defines: V, the elements of a pack.

#include "levels.cuh"
#include "packs.cuh"

__device__ __forceinline__ WIDE sum_of_pack(const Pack& pack) {
    WIDE values[V];
#pragma unroll
    for (int v = 0; v < V; ++v) values[v] = widen(pack.values[v]);
#pragma unroll
    for (int half = V / 2; half; half /= 2) {
#pragma unroll
        for (int v = 0; v < half; ++v) values[v] += values[v + half];
    }
    return values[0];
}

extern "C" __global__ void __launch_bounds__(256)
sum_rows(WIDE* __restrict__ y, const STORED* __restrict__ x, const Levels levels, const unsigned slices,
         const unsigned length, const unsigned team) {
    const unsigned task = blockIdx.x * (blockDim.x / team) + threadIdx.x / team, lane = threadIdx.x % team;
    const unsigned row = task / slices, slice = task % slices;
    const unsigned outer = row / levels.inner, inner = row % levels.inner;
    const unsigned across = levels.adjacent / V, stride = levels.inner * across;  // in packs

    WIDE sum = 0;
    if (outer < levels.outer) {
        const unsigned first = slice * length + lane, end = min(slice * length + length, levels.strided * across);
        const int own = ((int)(end - first) + (int)team - 1) / (int)team;
        const unsigned down = team / across, right = team % across;
        unsigned b = first % across, at = (outer * levels.strided + first / across) * stride + inner * across + b;
#pragma unroll 4
        for (int i = 0; i < own; ++i) {
            sum += sum_of_pack(pack_at(x, at));
            at += down * stride + right;
            b += right;
            if (b >= across) {  // the next row of terms
                b -= across;
                at += stride - across;
            }
        }
    }
    for (unsigned distance = team / 2; distance; distance /= 2)
        sum += __shfl_down_sync(0xffffffffu, sum, distance);
    if (lane == 0 && outer < levels.outer) y[task] = sum;
}
