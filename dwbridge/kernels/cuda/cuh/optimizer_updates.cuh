// One step of an optimizer on a parameter, its gradient and its states: one pass, nothing in between.
//
// Defines: V; RULE, a function of update_rules.cuh; STATES, how many states it has. Pointers to more are not looked at.

#include "packs.cuh"
#include "update_rules.cuh"

#define MOST_STATES 3

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
optimizer_update(STORED* __restrict__ x, const STORED* __restrict__ g, STORED* __restrict__ first,
                 STORED* __restrict__ second, STORED* __restrict__ third, const Numbers numbers, const int64 size,
                 const int64 packs) {
    STORED* const states[MOST_STATES] = {first, second, third};
    STORED own[MOST_STATES];  // the states of one element
    const int64 begin = (int64)blockIdx.x * blockDim.x + threadIdx.x, step = (int64)gridDim.x * blockDim.x;
    for (int64 at = begin; at < packs; at += step) {
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
    for (int64 at = packs * V + begin; at < size; at += step) {
#pragma unroll
        for (int i = 0; i < STATES; ++i) own[i] = states[i][at];
        step_of_one(x[at], g[at], own, numbers);
#pragma unroll
        for (int i = 0; i < STATES; ++i) states[i][at] = own[i];
    }
}
