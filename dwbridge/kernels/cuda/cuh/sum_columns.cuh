// Sums whose terms lie apart, in slices.
//
//     y[o, s, i] = sum over the a of slice s of x[o, a, i]      x (outer, strided, inner), adjacent is 1
//
// A thread sums V adjacent columns, over every `strands`-th of the `length` terms of its slice, which is blockIdx.y. A
// block has `width` such packs of columns, a power of two, and blockDim.x / width strands of each, which are added across
// shared memory. V divides `inner`.
//
// Defines: V; THREADS of a block.

#include "levels.cuh"
#include "packs.cuh"

extern "C" __global__ void __launch_bounds__(THREADS)
sum_columns(WIDE* __restrict__ y, const STORED* __restrict__ x, const Levels levels, const unsigned length,
            const unsigned width) {
    __shared__ WIDE strand_sums[V][THREADS];
    const unsigned columns = levels.inner / V;  // of packs
    const unsigned column = blockIdx.x * width + threadIdx.x % width;
    const unsigned strand = threadIdx.x / width, strands = THREADS / width;
    const unsigned outer = column / columns, inner = column % columns;

    WIDE sums[V];
#pragma unroll
    for (int v = 0; v < V; ++v) sums[v] = 0;
    if (outer < levels.outer) {
        const unsigned first = blockIdx.y * length + strand;
        const unsigned end = min(blockIdx.y * length + length, levels.strided);
        const int own = ((int)(end - first) + (int)strands - 1) / (int)strands;
        const unsigned at = (outer * levels.strided + first) * columns + inner, step = strands * columns;
#pragma unroll 4
        for (int i = 0; i < own; ++i) {
            const Pack pack = pack_at(x, at + i * step);
#pragma unroll
            for (int v = 0; v < V; ++v) sums[v] += widen(pack.values[v]);
        }
    }

#pragma unroll
    for (int v = 0; v < V; ++v) strand_sums[v][threadIdx.x] = sums[v];
    for (unsigned half = THREADS / 2; half >= width; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) {
#pragma unroll
            for (int v = 0; v < V; ++v) strand_sums[v][threadIdx.x] += strand_sums[v][threadIdx.x + half];
        }
    }
    if (strand == 0 && outer < levels.outer) {
#pragma unroll
        for (int v = 0; v < V; ++v)
            y[((outer * gridDim.y + blockIdx.y) * columns + inner) * V + v] = strand_sums[v][threadIdx.x];
    }
}
