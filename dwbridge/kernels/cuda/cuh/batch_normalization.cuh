// Batch normalization of x [outer, channels, inner], once the statistics and the sums are known: passes over packs of
// one channel each.
//
//     y = (x - mean) (gamma inv_std) + beta
//     gx = gamma inv_std (gy - x_hat ggamma / m - gbeta / m);  x_hat = (x - mean) inv_std
//
// The statistics are of the same instance: running ones are changed only where y can be computed, too.

#include "batch_statistics.cuh"
#include "channels.cuh"
#include "weights.cuh"

extern "C" __global__ void __launch_bounds__(THREADS, 2)
batch_normalize(STORED* __restrict__ y, const STORED* __restrict__ x, const WIDE* __restrict__ mean,
                const WIDE* __restrict__ inv_std, const WEIGHT* __restrict__ gamma, const WEIGHT* __restrict__ beta,
                const Tour tour, const int64 packs) {
    Stop stop = first_stop(tour);
    const int64 begin = (int64)blockIdx.x * blockDim.x + threadIdx.x, step = (int64)gridDim.x * blockDim.x;
    for (int64 at = begin; at < packs; at += step, go_on(stop, tour)) {
        const int c = stop.channel;
        const WIDE centre = mean[c], scale = weight_at(gamma, c) * inv_std[c], shift = weight_at(beta, c);
        const Pack in = pack_at(x, at);
        Pack out;
#pragma unroll
        for (int v = 0; v < V; ++v) out.values[v] = narrow((widen(in.values[v]) - centre) * scale + shift);
        put_pack(y, at, out);
    }
}

// With given statistics, of the type of gamma and beta.
extern "C" __global__ void __launch_bounds__(THREADS, 2)
batch_normalize_fixed(STORED* __restrict__ y, const STORED* __restrict__ x, const WEIGHT* __restrict__ mean,
                      const WEIGHT* __restrict__ variance, const WEIGHT* __restrict__ gamma,
                      const WEIGHT* __restrict__ beta, const WIDE eps, const Tour tour, const int64 packs) {
    Stop stop = first_stop(tour);
    const int64 begin = (int64)blockIdx.x * blockDim.x + threadIdx.x, step = (int64)gridDim.x * blockDim.x;
    for (int64 at = begin; at < packs; at += step, go_on(stop, tour)) {
        const int c = stop.channel;
        const WIDE centre = weight_at(mean, c), shift = weight_at(beta, c);
        const WIDE scale = weight_at(gamma, c) * rsqrt(weight_at(variance, c) + eps);
        const Pack in = pack_at(x, at);
        Pack out;
#pragma unroll
        for (int v = 0; v < V; ++v) out.values[v] = narrow((widen(in.values[v]) - centre) * scale + shift);
        put_pack(y, at, out);
    }
}

// means: gbeta / m, then ggamma / m.
extern "C" __global__ void __launch_bounds__(THREADS, 2)
batch_gradient(STORED* __restrict__ gx, const STORED* __restrict__ x, const STORED* __restrict__ gy,
               const WIDE* __restrict__ mean, const WIDE* __restrict__ inv_std, const WEIGHT* __restrict__ gamma,
               const WIDE* __restrict__ means, const Tour tour, const int64 packs) {
    Stop stop = first_stop(tour);
    const int64 begin = (int64)blockIdx.x * blockDim.x + threadIdx.x, step = (int64)gridDim.x * blockDim.x;
    for (int64 at = begin; at < packs; at += step, go_on(stop, tour)) {
        const int c = stop.channel;
        const WIDE centre = mean[c], inverse = inv_std[c], scale = weight_at(gamma, c) * inverse;
        const WIDE mean_gy = means[c], slope = means[tour.channels + c];
        const Pack in = pack_at(x, at), given = pack_at(gy, at);
        Pack out;
#pragma unroll
        for (int v = 0; v < V; ++v) {
            const WIDE x_hat = (widen(in.values[v]) - centre) * inverse;
            out.values[v] = narrow((widen(given.values[v]) - x_hat * slope - mean_gy) * scale);
        }
        put_pack(gx, at, out);
    }
}
