// An activation, and its gradient: one pass, packs first, then the elements behind the last pack.
//
// Defines: V, FORMULA and GRADIENT, the names of two functions in formulas.cuh.

#include "formulas.cuh"
#include "packs.cuh"

extern "C" __global__ void __launch_bounds__(256, 2)
activation(STORED* __restrict__ y, const STORED* __restrict__ x, const WIDE a, const WIDE b, const int64 size,
           const int64 packs) {
    const int64 begin = (int64)blockIdx.x * blockDim.x + threadIdx.x, step = (int64)gridDim.x * blockDim.x;
    for (int64 at = begin; at < packs; at += step) {
        const Pack in = pack_at(x, at);
        Pack out;
#pragma unroll
        for (int v = 0; v < V; ++v) out.values[v] = narrow(FORMULA(widen(in.values[v]), a, b));
        put_pack(y, at, out);
    }
    for (int64 at = packs * V + begin; at < size; at += step) y[at] = narrow(FORMULA(widen(x[at]), a, b));
}

extern "C" __global__ void __launch_bounds__(256, 2)
activation_gradient(STORED* __restrict__ gx, const STORED* __restrict__ retained, const STORED* __restrict__ gy,
                    const WIDE a, const WIDE b, const int64 size, const int64 packs) {
    const int64 begin = (int64)blockIdx.x * blockDim.x + threadIdx.x, step = (int64)gridDim.x * blockDim.x;
    for (int64 at = begin; at < packs; at += step) {
        const Pack in = pack_at(retained, at), given = pack_at(gy, at);
        Pack out;
#pragma unroll
        for (int v = 0; v < V; ++v)
            out.values[v] = narrow(GRADIENT(widen(in.values[v]), widen(given.values[v]), a, b));
        put_pack(gx, at, out);
    }
    for (int64 at = packs * V + begin; at < size; at += step)
        gx[at] = narrow(GRADIENT(widen(retained[at]), widen(gy[at]), a, b));
}
