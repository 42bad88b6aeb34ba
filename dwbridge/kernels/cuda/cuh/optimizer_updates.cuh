// One step of an optimizer on many parameters, their gradients and their states: one pass, nothing in between.
//
// A table, given by value, has the arrays of up to TENSORS parameters: x, g and STATES states of each. A block takes
// CHUNK elements of one of them, in packs where all of its arrays begin at multiples of one.
//
// Defines: V; RULE, a function of update_rules.cuh; STATES; TENSORS; CHUNK, a multiple of V.

#include "packs.cuh"
#include "update_rules.cuh"

#define MOST_STATES 3
#define ARRAYS (2 + STATES)

struct Tensors {
    STORED* arrays[ARRAYS][TENSORS];
    int64 sizes[TENSORS];
    int ends[TENSORS];  // blocks of this parameter and of all before it
};

// The parameter that a block is of.
__device__ __forceinline__ int found(const int* ends, int count, int block) {
    int low = 0, high = count - 1;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (block < ends[middle]) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

__device__ __forceinline__ void step_of_one(STORED& x, STORED g, STORED* states, const Numbers& numbers) {
    WIDE value = widen(x), s[MOST_STATES];
#pragma unroll
    for (int i = 0; i < STATES; ++i) s[i] = widen(states[i]);
    RULE(value, widen(g), s, numbers);
    x = narrow(value);
#pragma unroll
    for (int i = 0; i < STATES; ++i) states[i] = narrow(s[i]);
}

extern "C" __global__ void __launch_bounds__(256, 2)
optimizer_update(const Tensors tensors, const Numbers numbers, const int count) {
    const int block = blockIdx.x, own_tensor = found(tensors.ends, count, block);
    const int first = own_tensor == 0 ? 0 : tensors.ends[own_tensor - 1];
    const int64 begin = (int64)(block - first) * CHUNK, left = tensors.sizes[own_tensor] - begin;
    const int size = left < CHUNK ? left : CHUNK;

    STORED* arrays[ARRAYS];
    int64 bits = 0;
#pragma unroll
    for (int i = 0; i < ARRAYS; ++i) {
        arrays[i] = tensors.arrays[i][own_tensor] + begin;
        bits |= reinterpret_cast<int64>(arrays[i]);
    }
    STORED* __restrict__ const x = arrays[0];
    const STORED* __restrict__ const g = arrays[1];
    STORED* const* const states = arrays + 2;
    STORED own[MOST_STATES];  // the states of one element
    const int packs = bits % sizeof(Pack) ? 0 : size / V;
    for (int at = threadIdx.x; at < packs; at += blockDim.x) {
        Pack values = pack_at(x, at), kept[MOST_STATES];
        const Pack given = pack_at(g, at);
#pragma unroll
        for (int i = 0; i < STATES; ++i) kept[i] = pack_at(states[i], at);
#pragma unroll
        for (int v = 0; v < V; ++v) {
#pragma unroll
            for (int i = 0; i < STATES; ++i) own[i] = kept[i].values[v];
            step_of_one(values.values[v], given.values[v], own, numbers);
#pragma unroll
            for (int i = 0; i < STATES; ++i) kept[i].values[v] = own[i];
        }
        put_pack(x, at, values);
#pragma unroll
        for (int i = 0; i < STATES; ++i) put_pack(states[i], at, kept[i]);
    }
    for (int at = packs * V + threadIdx.x; at < size; at += blockDim.x) {
#pragma unroll
        for (int i = 0; i < STATES; ++i) own[i] = states[i][at];
        step_of_one(x[at], g[at], own, numbers);
#pragma unroll
        for (int i = 0; i < STATES; ++i) states[i][at] = own[i];
    }
}
