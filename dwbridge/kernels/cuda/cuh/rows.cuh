// Depthwise convolution of maps by walking down their rows: registers and shuffles, no shared memory. See walk.cuh.
//
// A lane owns V adjacent outputs of a row. Of each input row it loads the pixels under them, STRIDE V, gets those beside
// them from its neighbours, and adds them, times the taps, to the outputs in whose window the row lies; ALIVE outputs
// are under way at a time, in a ring whose turns are unrolled. So every pixel is loaded once for each band.
//
// Defines, besides those of walk.cuh: K, STRIDE (1 or 2), LEFT (the padding before a row, at most K - STRIDE). With
// M = 1 and without dilation; the padding behind rows and columns may be any.

#include "walk.cuh"

#define ALIVE ((K + STRIDE - 1) / STRIDE)
#define RIGHT (K - STRIDE - LEFT)
#define HELD (V * STRIDE)
#define PARTS (HELD / PART)

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT)
depthwise_rows(STORED* __restrict__ y, const STORED* __restrict__ x, const STORED* __restrict__ weight,
               const STORED* __restrict__ bias, const Window window, const int total, const int bands,
               const int band_rows, const int strips) {
    const int number = blockIdx.x * GROUPS + threadIdx.x / LANES;
    const Strip strip = strip_of(number, number < total, bands, band_rows, window.out_height, strips);
    const int channel = (int)strip.plane % window.channels, column = strip.column * STRIDE;
    const STORED* image = x + strip.plane * window.height * window.width;
    STORED* result = y + strip.plane * window.out_height * window.out_width;

    WIDE taps[K * K];
    const STORED* tap = first_tap(weight + (int64)channel * (K * K), window);
#pragma unroll
    for (int k = 0; k < K * K; ++k, tap += next_tap(window)) taps[k] = widen(*tap);
    const WIDE start = bias ? widen(bias[channel]) : (WIDE)0;
    WIDE sums[ALIVE][V];
#pragma unroll
    for (int slot = 0; slot < ALIVE; ++slot)
#pragma unroll
        for (int v = 0; v < V; ++v) sums[slot][v] = start;

    const int first = strip.begin * STRIDE - window.top;  // the row above the first output
    const int rows = (band_rows - 1) * STRIDE + K;        // of every band, so that groups go in step
    Part queue[AHEAD * PARTS];
#pragma unroll
    for (int a = 0; a < AHEAD; ++a)
        load(queue + a * PARTS, PARTS, image, strip.works, first + a, window.height, column, window.width);
    for (int turn = 0; turn < rows; turn += TURN) {
#pragma unroll
        for (int u = 0; u < TURN; ++u) {
            Part now[PARTS];
            WIDE in[LEFT + HELD + RIGHT];
            advance(queue, AHEAD, now, PARTS, image, strip.works, first + turn + u, window.height, column, window.width);
            spread(in, now, LEFT, HELD, RIGHT, strip.lane);
#pragma unroll
            for (int i = u % STRIDE; i < K; i += STRIDE) {
                const int slot = ((u - i) / STRIDE + ALIVE) % ALIVE;  // the output (turn + u - i) / STRIDE
#pragma unroll
                for (int j = 0; j < K; ++j)
#pragma unroll
                    for (int v = 0; v < V; ++v) sums[slot][v] += in[v * STRIDE + j] * taps[i * K + j];
            }
            if ((u - (K - 1)) % STRIDE == 0) {  // the window of an output ends with this row
                const int slot = ((u - (K - 1)) / STRIDE + ALIVE) % ALIVE;
                const int p = strip.begin + (turn + u - (K - 1)) / STRIDE;
                if (strip.owns && turn + u >= K - 1 && p < strip.end)
                    store(result + (int64)p * window.out_width, sums[slot], V, strip.column, window.out_width);
#pragma unroll
                for (int v = 0; v < V; ++v) sums[slot][v] = start;
            }
        }
    }
}
