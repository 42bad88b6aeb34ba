// The second stage of weight gradients: the sums of slices, partial[slice][c M + m][tap], are added in their order.
//
// Behind the last tap of a channel stands its bias. gW (M, C, kH, kW) and gb (C M,) are of WIDE.

#include "window.cuh"

extern "C" __global__ void __launch_bounds__(256)
depthwise_weight_sum(WIDE* __restrict__ gW, WIDE* __restrict__ gb, const WIDE* __restrict__ partial,
                     const Window window, const int slices) {
    const int taps = window.kernel_height * window.kernel_width;
    const int total = window.channels * window.multiplier * (taps + 1);
    for (int at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
        WIDE sum = 0;
        for (int i = 0; i < slices; ++i) sum += partial[(int64)i * total + at];
        const int out_channel = at / (taps + 1), tap = at % (taps + 1);
        const int channel = out_channel / window.multiplier, m = out_channel % window.multiplier;
        if (tap == taps)
            gb[out_channel] = sum;
        else
            gW[((int64)m * window.channels + channel) * taps + tap] = sum;
    }
}
