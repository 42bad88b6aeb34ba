// Gradients of the kernels and the bias by walking down the rows, in two stages of a fixed order. See walk.cuh.
//
// Block (c, slice) has one channel. A slice is `units` bands of maps, images first, which the block's groups take in
// turn: a lane adds up K K products, and the gy that it owns, over all of them. The last ALIVE rows of gy are in a ring
// whose turns are unrolled; each row of x is loaded once for each band. Then the lanes of a warp are added by shuffles,
// warps across shared memory, to partial[slice][c][tap], of WIDE; behind the last tap stands the sum of gy. Second
// stage: weight_sum.cuh. Which element is added where follows from the launch alone: the same bits in every run.
//
// Defines, besides those of walk.cuh: K, STRIDE (1 or 2), LEFT (the padding before a row of x, at most K - STRIDE). With
// M = 1 and without dilation; the padding behind rows and columns may be any. Infinite pixels may make gradients NaN
// that are infinite otherwise, as padding does in convolutions: rows beside the map are multiplied, as zeros.

#include "walk.cuh"

#define ALIVE ((K + STRIDE - 1) / STRIDE)
#define RIGHT (K - STRIDE - LEFT)
#define HELD (V * STRIDE)
#define PARTS (HELD / PART)
#define OUT_PARTS (V / PART)
#define OUT_AHEAD (AHEAD < TURN / STRIDE ? AHEAD : TURN / STRIDE)
#define WARPS (THREADS / 32)

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT)
depthwise_rows_weight(WIDE* __restrict__ partial, const STORED* __restrict__ x, const STORED* __restrict__ gy,
                      const Window window, const int total, const int units, const int bands, const int band_rows,
                      const int strips) {
    __shared__ WIDE warps[WARPS][K * K + 1];
    WIDE sums[K * K], bias = 0;
#pragma unroll
    for (int k = 0; k < K * K; ++k) sums[k] = 0;

    const int begin = blockIdx.y * units, end = min(begin + units, total);
    for (int unit = begin; unit < end; unit += GROUPS) {  // for all groups, so that they go in step
        const int number = unit + threadIdx.x / LANES;
        const Strip strip = strip_of(number, number < end, bands, band_rows, window.out_height, strips);
        const int64 plane = strip.plane * window.channels + blockIdx.x;
        const STORED* image = x + plane * window.height * window.width;
        const STORED* gradient = gy + plane * window.out_height * window.out_width;
        const int column = strip.column * STRIDE, first = strip.begin * STRIDE - window.top;
        const int rows = (band_rows - 1) * STRIDE + K;
        WIDE ring[ALIVE][V];
        Part queue[AHEAD * PARTS], out_queue[OUT_AHEAD * OUT_PARTS];
#pragma unroll
        for (int slot = 0; slot < ALIVE; ++slot)
#pragma unroll
            for (int v = 0; v < V; ++v) ring[slot][v] = 0;
#pragma unroll
        for (int a = 0; a < AHEAD; ++a)
            load(queue + a * PARTS, PARTS, image, strip.works, first + a, window.height, column, window.width);
#pragma unroll
        for (int a = 0; a < OUT_AHEAD; ++a)
            load(out_queue + a * OUT_PARTS, OUT_PARTS, gradient, strip.owns, strip.begin + a, strip.end, strip.column,
                 window.out_width);
        for (int turn = 0; turn < rows; turn += TURN) {
#pragma unroll
            for (int u = 0; u < TURN; ++u) {
                if (u % STRIDE == 0) {  // the window of an output begins with this row
                    Part now[OUT_PARTS];
                    advance(out_queue, OUT_AHEAD, now, OUT_PARTS, gradient, strip.owns, strip.begin + (turn + u) / STRIDE,
                            strip.end, strip.column, window.out_width);
#pragma unroll
                    for (int v = 0; v < V; ++v) {
                        ring[u / STRIDE % ALIVE][v] = widen(now[v / PART].values[v % PART]);
                        bias += ring[u / STRIDE % ALIVE][v];
                    }
                }
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
                        for (int v = 0; v < V; ++v) sums[i * K + j] += in[v * STRIDE + j] * ring[slot][v];
                }
            }
        }
    }

    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
    for (int k = 0; k <= K * K; ++k) {
        WIDE sum = k < K * K ? sums[k < K * K ? k : 0] : bias;
#pragma unroll
        for (int distance = 16; distance; distance /= 2) sum += __shfl_down_sync(0xffffffffu, sum, distance);
        if (lane == 0) warps[warp][k] = sum;
    }
    __syncthreads();
    WIDE* result = partial + ((int64)blockIdx.y * window.channels + blockIdx.x) * (K * K + 1);
    for (int k = threadIdx.x; k <= K * K; k += THREADS) {
        WIDE sum = 0;
#pragma unroll
        for (int warp = 0; warp < WARPS; ++warp) sum += warps[warp][k];
        result[k] = sum;
    }
}
