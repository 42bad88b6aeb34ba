// Depthwise convolution of maps whose rows are whole packs of 16 bytes: registers and shuffles, no shared memory.
//
// A group of LANES lanes walks down a band of one plane. A lane owns V = 16 bytes / size of an element adjacent outputs
// of a row. Of each input row it loads the pixels under its outputs, STRIDE packs, gets those beside them from its
// neighbours, and adds them, times the taps, to the outputs in whose window the row lies; ALIVE outputs are under way at
// a time, in a ring whose turns are unrolled. So every pixel is loaded once for each band.
//
// Defines: V, K, STRIDE (1 or 2), LEFT (the padding before a row), LANES (a power of two, V LANES STRIDE at least the
// width), FLIP (1: taps are read backwards, which makes the data gradient of stride 1). With M = 1; the padding before
// and behind a row is K - STRIDE together; DILATE is 1.

#include "window.cuh"

#define ALIVE ((K + STRIDE - 1) / STRIDE)
#define RIGHT (K - STRIDE - LEFT)
#define TURN (ALIVE * STRIDE)

struct alignas(16) Pack {
    STORED values[V];
};

// Two blocks at a time are little to ask for: with no number here, the compiler spills to make room for more.
extern "C" __global__ void __launch_bounds__(128, 2)
depthwise_rows(STORED* __restrict__ y, const STORED* __restrict__ x, const STORED* __restrict__ weight,
               const STORED* __restrict__ bias, const Window window, const int64 planes, const int bands,
               const int band_rows) {
    const int lane = threadIdx.x % LANES;
    const int64 group = ((int64)blockIdx.x * blockDim.x + threadIdx.x) / LANES;
    const int64 plane = group / bands;
    const bool works = plane < planes;  // all lanes shuffle, even those that have nothing to do
    const int64 own = works ? plane : 0;
    const int channel = own % window.channels;
    const int begin = (int)(group % bands) * band_rows;
    const int end = min(begin + band_rows, window.out_height);
    const int column = lane * V;
    const bool reads = works && column * STRIDE < window.width, writes = works && column < window.out_width;
    const STORED* image = x + own * window.height * window.width + column * STRIDE;
    STORED* result = y + own * window.out_height * window.out_width + column;

    WIDE taps[K * K];
#pragma unroll
    for (int k = 0; k < K * K; ++k) taps[k] = widen(weight[(int64)channel * (K * K) + (FLIP ? K * K - 1 - k : k)]);
    const WIDE start = bias ? widen(bias[channel]) : (WIDE)0;

    WIDE sums[ALIVE][V];
#pragma unroll
    for (int slot = 0; slot < ALIVE; ++slot)
#pragma unroll
        for (int v = 0; v < V; ++v) sums[slot][v] = start;

    const int first = begin * STRIDE - window.top;                   // the row above the first output
    const int rows = (band_rows - 1) * STRIDE + K;                   // of every band, so that groups go in step
    for (int turn = 0; turn < rows; turn += TURN) {
#pragma unroll
        for (int u = 0; u < TURN; ++u) {
            const int h = first + turn + u;
            WIDE in[LEFT + V * STRIDE + RIGHT];
            const bool inside = reads && h >= 0 && h < window.height;
#pragma unroll
            for (int part = 0; part < STRIDE; ++part) {
                Pack pack;
                if (inside) pack = *reinterpret_cast<const Pack*>(image + (int64)h * window.width + part * V);
#pragma unroll
                for (int v = 0; v < V; ++v) in[LEFT + part * V + v] = inside ? widen(pack.values[v]) : (WIDE)0;
            }
#pragma unroll
            for (int v = 0; v < LEFT; ++v) {
                const WIDE other = __shfl_up_sync(0xffffffffu, in[V * STRIDE + v], 1, LANES);
                in[v] = lane == 0 ? (WIDE)0 : other;
            }
#pragma unroll
            for (int v = 0; v < RIGHT; ++v) {
                const WIDE other = __shfl_down_sync(0xffffffffu, in[LEFT + v], 1, LANES);
                in[LEFT + V * STRIDE + v] = lane == LANES - 1 ? (WIDE)0 : other;
            }
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
                const int p = begin + (turn + u - (K - 1)) / STRIDE;
                if (writes && turn + u >= K - 1 && p < end) {
                    Pack pack;
#pragma unroll
                    for (int v = 0; v < V; ++v) pack.values[v] = narrow(sums[slot][v]);
                    *reinterpret_cast<Pack*>(result + (int64)p * window.out_width) = pack;
                }
#pragma unroll
                for (int v = 0; v < V; ++v) sums[slot][v] = start;
            }
        }
    }
}
