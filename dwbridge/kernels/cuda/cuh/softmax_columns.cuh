// Softmax cross entropy where labels lie beside one another: x and gx (images, classes, inner), the rest (images, inner).
//
// A thread owns V adjacent columns, so that threads side by side read side by side, and of their scores one slice:
// classes s, s + SLICES, ... The partitions of the slices are joined in shared memory: in each round that of the slice
// across, s ^ half, so all have the same. The gradient goes over the slice a second time.
//
// Defines: V, of which inner is a multiple; THREADS of a block; SLICES, a power of two.

#include "packs.cuh"
#include "partition.cuh"

#define AHEAD 4  // packs under way
#define COLUMNS (THREADS / SLICES)

struct Columns {
    Partition own[V];
};

__device__ __forceinline__ void include_pack(Columns& found, const Pack& pack) {
#pragma unroll
    for (int v = 0; v < V; ++v) include(found.own[v], widen(pack.values[v]));
}

// Of the columns that begin at `scores`, in the threads of all slices. All threads of the block come here.
__device__ __forceinline__ void find(Columns& found, const STORED* scores, int slice, int classes, int inner,
                                     Columns* shared) {
#pragma unroll
    for (int v = 0; v < V; ++v) found.own[v] = nothing();
    const int64 step = (int64)inner * SLICES / V;  // in packs
    int64 at = (int64)inner * slice / V;
    int k = slice;
    for (; k + (AHEAD - 1) * SLICES < classes; k += AHEAD * SLICES, at += AHEAD * step) {
        Pack in[AHEAD];
#pragma unroll
        for (int i = 0; i < AHEAD; ++i) in[i] = pack_at(scores, at + i * step);
#pragma unroll
        for (int i = 0; i < AHEAD; ++i) include_pack(found, in[i]);
    }
    for (; k < classes; k += SLICES, at += step) include_pack(found, pack_at(scores, at));

    for (int half = SLICES / 2; half; half /= 2) {
        shared[threadIdx.x] = found;
        __syncthreads();
        const Columns& across = shared[threadIdx.x ^ (half * COLUMNS)];
#pragma unroll
        for (int v = 0; v < V; ++v) found.own[v] = joined(found.own[v], across.own[v]);
        __syncthreads();
    }
#pragma unroll
    for (int v = 0; v < V; ++v) found.own[v] = whole(found.own[v]);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
softmax_column_losses(WIDE* __restrict__ losses, const STORED* __restrict__ x, const void* __restrict__ labels,
                      const WIDE* __restrict__ weights, const int columns, const int classes, const int inner,
                      const int label_bytes) {
    __shared__ Columns shared[SLICES > 1 ? THREADS : 1];
    const int slice = threadIdx.x / COLUMNS;
    const int64 first = ((int64)blockIdx.x * COLUMNS + threadIdx.x % COLUMNS) * V;
    const bool works = first < columns;
    const int column = works ? first : 0;
    const STORED* scores = x + (int64)(column / inner) * classes * inner + column % inner;
    Columns found;
    find(found, scores, slice, works ? classes : 0, inner, shared);
    if (!works || slice) return;
#pragma unroll
    for (int v = 0; v < V; ++v) {
        const int64 label = label_at(labels, column + v, label_bytes);
        losses[column + v] = loss_of(found.own[v], score_of(scores + v, label, classes, inner), weights[column + v]);
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
softmax_column_gradients(STORED* __restrict__ gx, const STORED* __restrict__ x, const void* __restrict__ labels,
                         const WIDE* __restrict__ shares, const int columns, const int classes, const int inner,
                         const int label_bytes) {
    __shared__ Columns shared[SLICES > 1 ? THREADS : 1];
    const int slice = threadIdx.x / COLUMNS;
    const int64 first = ((int64)blockIdx.x * COLUMNS + threadIdx.x % COLUMNS) * V;
    const bool works = first < columns;
    const int column = works ? first : 0;
    const int64 begin = (int64)(column / inner) * classes * inner + column % inner;
    Columns found;
    find(found, x + begin, slice, works ? classes : 0, inner, shared);
    if (!works) return;
    WIDE shares_of[V];
    int64 labels_of[V];
#pragma unroll
    for (int v = 0; v < V; ++v) {
        found.own[v].sum = divided(1, found.own[v].sum);
        shares_of[v] = shares[column + v];
        labels_of[v] = label_at(labels, column + v, label_bytes);
    }
    int64 at = (begin + (int64)inner * slice) / V;
    for (int k = slice; k < classes; k += SLICES, at += (int64)inner * SLICES / V) {
        const Pack in = pack_at(x, at);
        Pack out;
#pragma unroll
        for (int v = 0; v < V; ++v)
            out.values[v] = narrow(gradient_of(widen(in.values[v]), found.own[v].peak, found.own[v].sum,
                                               labels_of[v] == k, shares_of[v]));
        put_pack(gx, at, out);
    }
}
