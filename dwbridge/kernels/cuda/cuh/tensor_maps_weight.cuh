// Gradients of the kernels and the bias for maps of at most 64 pixels in 16 bits, on tensor cores. See flat_maps.cuh.
//
//     D[(h, w)][(p, q)] = sum over images of x[n][h][w] gy[n][p][q]
//
// is a product of matrices whose summed axis is that of images, eight at a time. A warp adds it up in registers over its
// block's slice, for its channel; a tap is the sum of those elements whose pixel it meets in the window of their output.
// Tiles of 16 pixels and 16 outputs in which none meet are left out. A product with ones makes the sum of gy.
//
//     instructions for 8 maps     2 (tiles + Y_TILES) products + 4 (X_TILES + Y_TILES) loads and exchanges
//
// for any kernel, stride and padding. Block (group of channels, slice) stores partial[slice][c][tap]; behind the last tap
// stands the sum of gy. Second stage: weight_sum.cuh. Which element is added where follows from the launch alone. What is
// not finite stays in the taps that it belongs to. Tensor cores may cut off where others round: see tensor_weight.cuh.
//
// Defines, besides those of flat_maps.cuh: MEETING (bit Y_TILES a + e: pixels of tile a meet outputs of tile e); TOGETHER,
// the channels whose matrices have room in shared memory; RESIDENT, the blocks that shall at least fit into a
// multiprocessor.

#include "flat_maps.cuh"

#define X_TILES (((IMAGE + 1) / 2 + 7) / 8)
#define Y_TILES (((OUT_IMAGE + 1) / 2 + 7) / 8)

struct Unit {
    Maps x[IMAGES], gy[IMAGES];
};

union Memory {
    Unit units[STAGES];
    float sums[TOGETHER][IMAGE][OUT_IMAGE];
};

// Products of a tile of pixels and one of outputs: those of its even positions, and those of its odd ones.
typedef float Tile[2][4];

__device__ __forceinline__ bool meet(int a, int e) { return MEETING >> (Y_TILES * a + e) & 1; }

// Sixteen positions of a map, of eight images: the even ones, and the odd ones. A lane's images lie beside each other in
// its words, for position 2 g or 2 g + 1 of the tile.
template <int PIXELS>
__device__ __forceinline__ void load_tile(unsigned* words, const Maps* maps, int channel, int tile) {
    const int word = 8 * tile + threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    const unsigned first = load_word<PIXELS>(maps[2 * t], channel, word);
    const unsigned second = load_word<PIXELS>(maps[2 * t + 1], channel, word);
    words[0] = (first & 0xffff) | second << 16;
    words[1] = first >> 16 | (second & 0xffff0000u);
}

__device__ __forceinline__ void add_products(Tile (*sums)[Y_TILES], float* bias, const Unit& unit, int channel) {
    const unsigned one = word_of(narrow(1.0f), narrow(1.0f)), ones[2] = {one, one};
    unsigned b[Y_TILES][2];
#pragma unroll
    for (int e = 0; e < Y_TILES; ++e) {
        load_tile<OUT_IMAGE>(b[e], unit.gy, channel, e);
#pragma unroll
        for (int odd = 0; odd < 2; ++odd) multiply(bias, ones, b[e][odd]);
    }
#pragma unroll
    for (int a = 0; a < X_TILES; ++a) {
        unsigned rows[2];
        load_tile<IMAGE>(rows, unit.x, channel, a);
#pragma unroll
        for (int e = 0; e < Y_TILES; ++e)
#pragma unroll
            for (int odd = 0; odd < 2; ++odd)
                if (meet(a, e)) multiply(sums[a][e][odd], rows, b[e][odd]);
    }
}

// Whether a position of a tile is a pixel; most tiles have nothing else.
template <int PIXELS>
__device__ __forceinline__ bool exists(int tile, int position, int channel) {
    const int pixel = position - is_odd<PIXELS>(channel);
    return (tile > 0 || pixel >= 0) && (16 * tile + 16 <= PIXELS || pixel < PIXELS);
}

// Lays down what a warp has added up for pixels and outputs that meet.
__device__ __forceinline__ void store_sums(float (*to)[OUT_IMAGE], const Tile (*sums)[Y_TILES], int channel) {
    const int row = 2 * (threadIdx.x % 32 / 4), column = 4 * (threadIdx.x % 4);
    float* mine = *to + (row - is_odd<IMAGE>(channel)) * OUT_IMAGE + column - is_odd<OUT_IMAGE>(channel);
#pragma unroll
    for (int a = 0; a < X_TILES; ++a)
#pragma unroll
        for (int e = 0; e < Y_TILES; ++e)
#pragma unroll
            for (int v = 0; v < 8; ++v) {
                const int down = 16 * a + v / 2 % 2, right = 16 * e + 2 * (v % 2) + v / 4;
                if (meet(a, e) && exists<IMAGE>(a, row + down, channel) && exists<OUT_IMAGE>(e, column + right, channel))
                    mine[down * OUT_IMAGE + right] = sums[a][e][v / 4][v % 4];
            }
}

__device__ __forceinline__ float sum_of(const float (*sums)[OUT_IMAGE], int tap) {
    const int i = tap / KERNEL_WIDTH * DILATE_Y - TOP, j = tap % KERNEL_WIDTH * DILATE_X - LEFT;
    float sum = 0;
#pragma unroll
    for (int p = 0; p < OUT_HEIGHT; ++p)
#pragma unroll
        for (int q = 0; q < OUT_WIDTH; ++q) {
            const int row = p * STRIDE_Y + i, column = q * STRIDE_X + j;
            if ((unsigned)row < HEIGHT && (unsigned)column < WIDTH) sum += sums[row * WIDTH + column][p * OUT_WIDTH + q];
        }
    return sum;
}

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT)
depthwise_tensor_maps_weight(float* __restrict__ partial, const STORED* __restrict__ x, const STORED* __restrict__ gy,
                             const Window window, const int total, const int units) {
    __shared__ Memory memory;
    const int channel = threadIdx.x / 32, begin = blockIdx.y * units, end = min(begin + units, total);
    Tile sums[X_TILES][Y_TILES];
#pragma unroll
    for (int a = 0; a < X_TILES; ++a)
#pragma unroll
        for (int e = 0; e < Y_TILES; ++e)
#pragma unroll
            for (int v = 0; v < 8; ++v) sums[a][e][v / 4][v % 4] = 0;
    float bias[4] = {0, 0, 0, 0};

    const auto fill_unit = [&](int stage, int unit) {
        if (unit < end) {
            fill<IMAGE>(memory.units[stage].x, x, window.channels, unit * IMAGES, window.images);
            fill<OUT_IMAGE>(memory.units[stage].gy, gy, window.channels, unit * IMAGES, window.images);
        }
        close_group();
    };
    for (int ahead = 0; ahead < STAGES - 1; ++ahead) fill_unit(ahead, begin + ahead);
    int stage = 0;
    for (int unit = begin; unit < end; ++unit) {
        wait_for_all_but<STAGES - 2>();
        __syncthreads();  // now the unit is there, and nobody reads the one before it any more
        fill_unit(stage ? stage - 1 : STAGES - 1, unit + STAGES - 1);
        add_products(sums, bias, memory.units[stage], channel);
        stage = stage + 1 < STAGES ? stage + 1 : 0;
    }

    float* result = partial + ((int64)blockIdx.y * window.channels + blockIdx.x * CHANNELS) * (TAPS + 1);
    float sum = bias[0] + bias[1];  // of columns 2 t and 2 t + 1
#pragma unroll
    for (int distance = 1; distance < 4; distance *= 2) sum += __shfl_xor_sync(EVERY_LANE, sum, distance);
    if (threadIdx.x % 32 == 0) result[channel * (TAPS + 1) + TAPS] = sum;
#pragma unroll 1
    for (int first = 0; first < CHANNELS; first += TOGETHER) {
        const int here = min(TOGETHER, CHANNELS - first);
        __syncthreads();  // what was there is read
        if (channel >= first && channel < first + here) store_sums(memory.sums[channel - first], sums, channel);
        __syncthreads();
        for (int at = threadIdx.x; at < here * TAPS; at += THREADS)
            result[(first + at / TAPS) * (TAPS + 1) + at % TAPS] = sum_of(memory.sums[at / TAPS], at % TAPS);
    }
}
