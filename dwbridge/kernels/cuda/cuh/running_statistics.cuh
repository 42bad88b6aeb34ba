// Running statistics of batch normalization, and those of a batch, which are in the type of arithmetic:
//
//     running <- decay running + share (correction batch)
//
// Every operation rounds as the reference's does: decay, products and the sum to the type of the running statistics.

#include "rounding.cuh"

extern "C" __global__ void __launch_bounds__(256)
running_update(STORED* __restrict__ running, const WIDE* __restrict__ batch, const WIDE decay, const WIDE share,
               const WIDE correction, const int size) {
    const int at = blockIdx.x * blockDim.x + threadIdx.x;
    if (at >= size) return;
    const WIDE kept = rounded(times(widen(running[at]), rounded(decay)));
    running[at] = narrow(kept + rounded(times(share, times(correction, batch[at]))));
}
