// Data gradient of stride 2 by walking down the rows of gy: registers and shuffles, no shared memory. See walk.cuh.
//
// In padded coordinates a = h + top, b = w + left, the parity of a decides which taps lead to gy, and so does that of b:
//
//     gx[2 r + e - top, 2 s + f - left] = sum over t, u of gy[r - t, s - u] W[2 t + e, 2 u + f]
//
// with 2 t + e < K and 2 u + f < K: four sums, of ceil(K / 2) or floor(K / 2) taps an axis, and no division. A lane owns V
// columns of gy and 2 V of gx. With each row of gy two rows of gx are complete; the last ALIVE rows of gy are in a ring
// whose turns are unrolled.
//
// Defines, besides those of walk.cuh: K (odd), LEFT (the padding before a row of x, less than K). With M = 1 and without
// dilation; the padding behind rows and columns may be any.

#include "walk.cuh"

#define ALIVE ((K + 1) / 2)
#define BEHIND ((LEFT + 1) / 2)           // columns of gy to the right of its own that a lane needs,
#define BEFORE ((K - 1) / 2 - BEHIND)     // and to the left
#define PARTS (V / PART)

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT)
depthwise_rows_data(STORED* __restrict__ gx, const STORED* __restrict__ gy, const STORED* __restrict__ weight,
                    const STORED* __restrict__ nothing, const Window window, const int total, const int bands,
                    const int band_rows, const int strips) {
    const int number = blockIdx.x * GROUPS + threadIdx.x / LANES;
    const Strip strip = strip_of(number, number < total, bands, band_rows, window.height, strips);
    const int channel = (int)strip.plane % window.channels;
    const STORED* image = gy + strip.plane * window.out_height * window.out_width;
    STORED* result = gx + strip.plane * window.height * window.width;

    WIDE taps[K * K];
#pragma unroll
    for (int k = 0; k < K * K; ++k) taps[k] = widen(weight[(int64)channel * (K * K) + k]);
    WIDE rows[ALIVE][BEFORE + V + BEHIND];
#pragma unroll
    for (int slot = 0; slot < ALIVE; ++slot)
#pragma unroll
        for (int v = 0; v < BEFORE + V + BEHIND; ++v) rows[slot][v] = 0;

    const int first = (strip.begin + window.top) / 2 - (ALIVE - 1);
    const int steps = ALIVE - 1 + band_rows / 2 + 1;  // of every band, so that groups go in step
    Part queue[AHEAD * PARTS];
#pragma unroll
    for (int a = 0; a < AHEAD; ++a)
        load(queue + a * PARTS, PARTS, image, strip.works, first + a, window.out_height, strip.column, window.out_width);
    for (int turn = 0; turn < steps; turn += TURN) {
#pragma unroll
        for (int step = 0; step < TURN; ++step) {
            const int slot = step % ALIVE, r = first + turn + step;
            Part now[PARTS];
            advance(queue, AHEAD, now, PARTS, image, strip.works, r, window.out_height, strip.column, window.out_width);
            spread(rows[slot], now, BEFORE, V, BEHIND, strip.lane);
#pragma unroll
            for (int e = 0; e < 2; ++e) {
                WIDE sums[2 * V];
#pragma unroll
                for (int c = 0; c < 2 * V; ++c) {
                    const int f = (LEFT + c) % 2, at = BEFORE + (LEFT + c) / 2;
                    sums[c] = 0;
#pragma unroll
                    for (int t = 0; 2 * t + e < K; ++t)
#pragma unroll
                        for (int u = 0; 2 * u + f < K; ++u)
                            sums[c] += rows[(slot - t + ALIVE) % ALIVE][at - u] * taps[(2 * t + e) * K + 2 * u + f];
                }
                const int h = 2 * r + e - window.top;
                if (strip.owns && turn + step >= ALIVE - 1 && h >= strip.begin && h < strip.end)
                    store(result + (int64)h * window.width, sums, 2 * V, 2 * strip.column, window.width);
            }
        }
    }
}
