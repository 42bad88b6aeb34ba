// Layer normalization of rows: x [rows, n], n = V units. A team of TEAM threads, a warp or the block, has a row.
//
//     y = gamma x_hat + beta;  x_hat = (x - mean) inv_std;  inv_std = 1 / sqrt(variance + eps)
//     gx = inv_std (g - sum(g) / n - x_hat sum(g x_hat) / n);  g = gamma gy
//
// A row is read for the sums, and again, from the cache, for the result.

#include "moments.cuh"
#include "packs.cuh"
#include "reduce.cuh"
#include "weights.cuh"

#define TEAMS (THREADS / TEAM)

extern "C" __global__ void __launch_bounds__(THREADS, 2)
layer_normalize_rows(STORED* __restrict__ y, WIDE* __restrict__ mean, WIDE* __restrict__ inv_std,
                     const STORED* __restrict__ x, const WEIGHT* __restrict__ gamma, const WEIGHT* __restrict__ beta,
                     const WIDE eps, const int rows, const int units) {
    __shared__ Moments warps[THREADS / 32];
    __shared__ Pair found[1];
    const int row = blockIdx.x * TEAMS + threadIdx.x / TEAM, begin = threadIdx.x % TEAM;
    if (row >= rows) return;  // whole warps: no block with a single row
    const int64 first = (int64)row * units;
    Deviations all = deviations_from(begin < units ? widen(pack_at(x, first + begin).values[0]) : (WIDE)0);
    for (int unit = begin; unit < units; unit += TEAM) {
        const Pack in = pack_at(x, first + unit);
#pragma unroll
        for (int v = 0; v < V; ++v) add(all, widen(in.values[v]));
    }
    const Moments moments = TEAM == 32 ? merged_in_warp(moments_of(all)) : merged_in_block(moments_of(all), warps);
    Pair result = {moments.mean, rsqrt(divided(moments.M2, (WIDE)units * V) + eps)};
    if (begin == 0) {
        mean[row] = result.first;
        inv_std[row] = result.second;
    }
    result = TEAM == 32 ? given_to_warp(result) : given_to_block(result, found);

    for (int unit = begin; unit < units; unit += TEAM) {
        const Pack in = pack_at(x, first + unit);
        Pack out;
#pragma unroll
        for (int v = 0; v < V; ++v) {
            const WIDE x_hat = (widen(in.values[v]) - result.first) * result.second;
            out.values[v] = narrow(x_hat * weight_at(gamma, unit * V + v) + weight_at(beta, unit * V + v));
        }
        put_pack(y, first + unit, out);
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
layer_gradient_rows(STORED* __restrict__ gx, const STORED* __restrict__ x, const STORED* __restrict__ gy,
                    const WEIGHT* __restrict__ gamma, const WIDE* __restrict__ mean, const WIDE* __restrict__ inv_std,
                    const int rows, const int units) {
    __shared__ Pair warps[THREADS / 32];
    const int row = blockIdx.x * TEAMS + threadIdx.x / TEAM, begin = threadIdx.x % TEAM;
    if (row >= rows) return;
    const int64 first = (int64)row * units;
    const WIDE centre = mean[row], inverse = inv_std[row];
    Pair sums = {0, 0};
    for (int unit = begin; unit < units; unit += TEAM) {
        const Pack in = pack_at(x, first + unit), given = pack_at(gy, first + unit);
#pragma unroll
        for (int v = 0; v < V; ++v) {
            const WIDE g = widen(given.values[v]) * weight_at(gamma, unit * V + v);
            add(sums, {g, g * ((widen(in.values[v]) - centre) * inverse)});
        }
    }
    sums = TEAM == 32 ? given_to_warp(warp_sum(sums)) : given_to_block(block_sum(sums, warps), warps);
    const WIDE n = (WIDE)units * V, mean_g = divided(sums.first, n), slope = divided(sums.second, n);

    for (int unit = begin; unit < units; unit += TEAM) {
        const Pack in = pack_at(x, first + unit), given = pack_at(gy, first + unit);
        Pack out;
#pragma unroll
        for (int v = 0; v < V; ++v) {
            const WIDE x_hat = (widen(in.values[v]) - centre) * inverse;
            const WIDE g = widen(given.values[v]) * weight_at(gamma, unit * V + v);
            out.values[v] = narrow((g - mean_g - x_hat * slope) * inverse);
        }
        put_pack(gx, first + unit, out);
    }
}
