// Running statistics of batch normalization, and those of a batch, which are in the type of arithmetic:
//
//     running <- decay running + share (correction batch)              where the mean is not corrected
//
// Every operation rounds as the reference's does: decay, products and the sum to the type of the running statistics.
// Either of them may be a pointer to nothing.

#include "rounding.cuh"

__device__ __forceinline__ void follow(STORED& running, WIDE batch, WIDE decay, WIDE share) {
    const WIDE kept = rounded(times(widen(running), rounded(decay)));
    running = narrow(kept + rounded(times(share, batch)));
}

extern "C" __global__ void __launch_bounds__(256)
running_update(STORED* running_mean, STORED* running_var, const WIDE* __restrict__ mean,
               const WIDE* __restrict__ variance, const WIDE decay, const WIDE share, const WIDE correction,
               const int size) {
    const int at = blockIdx.x * blockDim.x + threadIdx.x;
    if (at >= size) return;
    if (running_mean) follow(running_mean[at], mean[at], decay, share);
    if (running_var) follow(running_var[at], times(correction, variance[at]), decay, share);
}
