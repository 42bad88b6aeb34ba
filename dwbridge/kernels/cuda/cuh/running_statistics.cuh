// Running statistics of batch normalization follow those of a batch, which are in the type of arithmetic:
//
//     running <- decay running + share (correction batch)              where the mean is not corrected
//
// Every operation rounds as the reference's does: decay, products and the sum to the type of the running statistics,
// which is that of gamma and beta. Either of them may be a pointer to nothing.

#pragma once

#include "rounding.cuh"
#include "weights.cuh"

__device__ __forceinline__ void follow(WEIGHT* running, int channel, WIDE batch, WIDE decay, WIDE share) {
    if (!running) return;
    const WIDE kept = as_weight(times(weight_at(running, channel), as_weight(decay)));
    put_weight(running, channel, kept + as_weight(times(share, batch)));
}
