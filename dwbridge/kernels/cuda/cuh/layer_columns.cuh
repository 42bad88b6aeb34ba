// Layer normalization of columns: x [outer, n, inner]; the n numbers of a place in [outer, inner] lie `inner` apart.
//
// layer_rows.cuh has the formulas. A block has 32 adjacent places, a lane each; its GROUPS warps share the n numbers, and
// their sums are added in order by the first. A column is read for the sums, and again for the result.

#include "moments.cuh"
#include "reduce.cuh"
#include "weights.cuh"

// The numbers first, + GROUPS, ... of a place; none, where there is no place.
struct Column {
    int64 place, at, step;
    int begin, end;
};

__device__ __forceinline__ Column column_of(int places, int n, int inner) {
    const int place = blockIdx.x * 32 + threadIdx.x % 32, group = threadIdx.x / 32;
    return {place, (int64)(place / inner) * n * inner + place % inner + (int64)group * inner, (int64)GROUPS * inner,
            group, place < places ? n : 0};
}

extern "C" __global__ void __launch_bounds__(32 * GROUPS)
layer_normalize_columns(STORED* __restrict__ y, WIDE* __restrict__ mean, WIDE* __restrict__ inv_std,
                        const STORED* __restrict__ x, const WEIGHT* __restrict__ gamma,
                        const WEIGHT* __restrict__ beta, const WIDE eps, const int places, const int n,
                        const int inner) {
    __shared__ Moments groups[GROUPS][32];
    __shared__ Pair found[32];
    const Column column = column_of(places, n, inner);
    const int lane = threadIdx.x % 32;
    int64 at = column.at;
    Deviations all = deviations_from(column.begin < column.end ? widen(x[at]) : (WIDE)0);
    for (int i = column.begin; i < column.end; i += GROUPS, at += column.step) add(all, widen(x[at]));

    Moments moments = moments_of(all);
    groups[column.begin][lane] = moments;
    __syncthreads();
    if (column.begin == 0) {
        for (int group = 1; group < GROUPS; ++group) moments = merged(moments, groups[group][lane]);
        found[lane] = {moments.mean, rsqrt(divided(moments.M2, (WIDE)n) + eps)};
        if (column.end) {
            mean[column.place] = found[lane].first;
            inv_std[column.place] = found[lane].second;
        }
    }
    __syncthreads();
    const WIDE centre = found[lane].first, inverse = found[lane].second;
    at = column.at;
    for (int i = column.begin; i < column.end; i += GROUPS, at += column.step)
        y[at] = narrow((widen(x[at]) - centre) * inverse * weight_at(gamma, i) + weight_at(beta, i));
}

extern "C" __global__ void __launch_bounds__(32 * GROUPS)
layer_gradient_columns(STORED* __restrict__ gx, const STORED* __restrict__ x, const STORED* __restrict__ gy,
                       const WEIGHT* __restrict__ gamma, const WIDE* __restrict__ mean,
                       const WIDE* __restrict__ inv_std, const int places, const int n, const int inner) {
    __shared__ Pair groups[GROUPS][32];
    __shared__ Pair found[32];
    const Column column = column_of(places, n, inner);
    const int lane = threadIdx.x % 32;
    const WIDE centre = column.end ? mean[column.place] : 0, inverse = column.end ? inv_std[column.place] : 0;
    Pair sums = {0, 0};
    int64 at = column.at;
    for (int i = column.begin; i < column.end; i += GROUPS, at += column.step) {
        const WIDE g = widen(gy[at]) * weight_at(gamma, i);
        add(sums, {g, g * ((widen(x[at]) - centre) * inverse)});
    }

    groups[column.begin][lane] = sums;
    __syncthreads();
    if (column.begin == 0) {
        for (int group = 1; group < GROUPS; ++group) add(sums, groups[group][lane]);
        found[lane] = {divided(sums.first, (WIDE)n), divided(sums.second, (WIDE)n)};
    }
    __syncthreads();
    const WIDE mean_g = found[lane].first, slope = found[lane].second;
    at = column.at;
    for (int i = column.begin; i < column.end; i += GROUPS, at += column.step) {
        const WIDE g = widen(gy[at]) * weight_at(gamma, i), x_hat = (widen(x[at]) - centre) * inverse;
        gx[at] = narrow((g - mean_g - x_hat * slope) * inverse);
    }
}
