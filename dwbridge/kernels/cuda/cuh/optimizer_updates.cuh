// One step of an optimizer on a parameter, its gradient and its states: one pass, nothing in between.
//
// Defines: V; RULE, a function of update_rules.cuh; STATES, how many states it has (the other pointers are nothing).

#include "packs.cuh"
#include "update_rules.cuh"

__device__ __forceinline__ void step_of_one(STORED& x, STORED g, STORED* const* states, int64 at, const Numbers& n) {
    WIDE value = widen(x), s[3];
#pragma unroll
    for (int i = 0; i < STATES; ++i) s[i] = widen(states[i][at]);
    RULE(value, widen(g), s, n);
    x = narrow(value);
#pragma unroll
    for (int i = 0; i < STATES; ++i) states[i][at] = narrow(s[i]);
}

__device__ __forceinline__ void step_of_pack(STORED* x, const STORED* g, STORED* const* states, int64 at,
                                             const Numbers& n) {
    Pack values = pack_at(x, at), s[3];
    const Pack given = pack_at(g, at);
#pragma unroll
    for (int i = 0; i < STATES; ++i) s[i] = pack_at(states[i], at);
#pragma unroll
    for (int v = 0; v < V; ++v) {
        STORED own[3];
        STORED* const pointers[3] = {own, own + 1, own + 2};
#pragma unroll
        for (int i = 0; i < STATES; ++i) own[i] = s[i].values[v];
        step_of_one(values.values[v], given.values[v], pointers, 0, n);
#pragma unroll
        for (int i = 0; i < STATES; ++i) s[i].values[v] = own[i];
    }
    put_pack(x, at, values);
#pragma unroll
    for (int i = 0; i < STATES; ++i) put_pack(states[i], at, s[i]);
}

extern "C" __global__ void __launch_bounds__(256, 2)
optimizer_update(STORED* __restrict__ x, const STORED* __restrict__ g, STORED* __restrict__ first,
                 STORED* __restrict__ second, STORED* __restrict__ third, const Numbers numbers, const int64 size,
                 const int64 packs) {
    STORED* const states[3] = {first, second, third};
    const int64 begin = (int64)blockIdx.x * blockDim.x + threadIdx.x, step = (int64)gridDim.x * blockDim.x;
    for (int64 at = begin; at < packs; at += step) step_of_pack(x, g, states, at, numbers);
    for (int64 at = packs * V + begin; at < size; at += step) step_of_one(x[at], g[at], states, at, numbers);
}
